import { askCapabilities, askRequest, askResponse } from '@turnpike/contract/hub-ask';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { headerRecord } from '../../../http/failure.ts';
import { prefers } from '../../../http/prefer.ts';
import { sendJson } from '../../../http/send-json.ts';
import { ulid } from '../../../ids.ts';
import { planAnswer, type AnswerSources } from '../../../knowledge/answer-plan.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { Gateway } from '../../gateway.ts';
import type { ChatReading } from '../../reading.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { publicPrincipal } from '../public-caller.ts';
import { requestHeader } from '../request-headers.ts';
import { serveCall } from '../serve-call.ts';
import { askDialect } from './ask-dialect.ts';
import { hubReading } from './hub-answer.ts';
import { readAsk, wantsStream } from './read-ask.ts';

export interface AskOptions {
  readonly gateway: Gateway;
  readonly answers: AnswerSources;
  /** Public name of the model that writes answers; undefined: what was found is quoted. */
  readonly answerModel: string | undefined;
  readonly asksPerHour: number;
  /** Origin of this server. */
  readonly site: string;
  /** Address of a document on this server; undefined: it is not served. */
  readonly urlOf: (source: string) => string | undefined;
}

const surface = 'nlweb-ask';
/** As S2 has it on every answer of this route. */
const nlwebHeaders = ['NLWeb-Version', '0.1'] as const;

async function read(options: AskOptions, body: JsonObject, stream: boolean): Promise<ChatReading> {
  const { gateway, answers, answerModel, site, urlOf } = options;
  const { text, lang, history, queryId = ulid(gateway.clock.now()) } = readAsk(body);
  const model = answerModel === undefined ? undefined : gateway.catalog.model(answerModel);
  const plan = await planAnswer(answers, text, { lang, model: model?.name });
  return {
    ...hubReading({ plan, model, question: text, history, stream }),
    dialect: askDialect({ plan, question: text, queryId, site, urlOf }),
  };
}

/** What the endpoint can do, for who asks nothing yet. */
function capabilities({ site, asksPerHour }: AskOptions): JsonObject {
  return {
    _meta: { response_type: 'capabilities', version: '0.55' },
    name: 'ask',
    description: 'Answers questions about this platform in Markdown, with citations.',
    endpoints: [`${site}/api/ask.php`, `${site}/ask`],
    methods: ['GET', 'POST'],
    modes: ['list', 'summarize', 'generate'],
    languages: ['de', 'en'],
    streaming: {
      supported: true,
      ask_for_it: ['prefer.streaming: true', 'streaming: true', 'Prefer: streaming', 'Accept: text/event-stream'],
      events: ['start', 'token', 'result', 'complete'],
    },
    rate_limit: { name: surface, requests: asksPerHour, window_seconds: 3_600 },
    schemas: { request: `${site}/openapi.json#/components/schemas/AskRequest` },
    examples: [{ query: 'Which plans are there?' }, { query: 'Wie streame ich eine Antwort?', lang: 'de' }],
  };
}

function isEmpty(body: unknown): boolean {
  return body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0);
}

function sendCapabilities(
  options: AskOptions,
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
) {
  caller.contract = options.gateway.contracts.bind(path, requestHeader(request, 'api-version'), undefined);
  sendJson(reply, 200, headerRecord(caller.headers([])), capabilities(options));
}

/** @param body the question, of a POST's body or a GET's query */
async function handle(
  options: AskOptions,
  path: string,
  body: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { gateway, asksPerHour } = options;
  const caller = new Caller(gateway, request, surface, undefined, nlwebHeaders);
  if (isEmpty(body)) {
    try {
      sendCapabilities(options, caller, request, reply, path);
    } catch (error) {
      await caller.fail(reply, error);
    }
    return;
  }
  const prefersStreaming = prefers(requestHeader(request, 'prefer'), 'streaming');
  const stream = wantsStream(body, { prefersStreaming, accept: requestHeader(request, 'accept') });
  const isObject = typeof body === 'object' && !Array.isArray(body);
  if (stream && prefersStreaming) caller.add('Preference-Applied', 'streaming', 'Vary', 'Prefer, Accept');
  await serveCall(gateway, request, reply, {
    caller,
    surface,
    route: path,
    // Part of what makes two requests the same.
    body: isObject ? { ...body, streaming: stream } : body,
    authenticate: () => publicPrincipal(request.clientAddress, surface, asksPerHour),
    read: (given) => read(options, given, stream),
    client: connectionOf(reply),
  });
}

const answerResponses = {
  200: { description: 'The answer; streamed: the events start, token, result and complete', schema: askResponse },
};

function routesAt(options: AskOptions, path: string, suffix: string): RawRoute[] {
  const common = { path, tag: 'chat', security: 'none' } as const;
  return [
    rawRoute({
      ...common,
      method: 'GET',
      operationId: `nlweb_discovery${suffix}`,
      summary: 'What can be asked here; with `query` the answer to it',
      query: z.looseObject({
        query: z.string().max(4000).optional().describe('A question, as NLWeb’s older clients send it'),
      }),
      responses: { 200: { description: 'Capabilities, or an answer', schema: askCapabilities } },
      handle: (request, reply) => {
        const query = request.query as Record<string, unknown>;
        // NLWeb's GET streams unless it is told not to.
        const asked = query['query'] === undefined ? {} : { streaming: true, ...query };
        return handle(options, path, asked, request, reply);
      },
    }),
    rawRoute({
      ...common,
      method: 'POST',
      operationId: `nlweb_ask${suffix}`,
      summary: 'Ask a question in natural language',
      description:
        'Answers in Markdown with citations that resolve on this server. Speaks S1’s flat form, NLWeb 0.55 and its older parameters. With an Idempotency-Key a retry gets the same answer, and a stream that broke off can be read again.',
      isResumable: true,
      isLimited: true,
      preferences: ['streaming', 'resumable'],
      bodyOptional: true,
      body: askRequest,
      responses: answerResponses,
      handle: (request, reply) => handle(options, path, request.body, request, reply),
    }),
  ];
}

/** /api/ask.php and /ask: natural-language questions about this platform (S1, NLWeb). */
export function askRoutes(options: AskOptions): RawRoute[] {
  return [...routesAt(options, '/api/ask.php', ''), ...routesAt(options, '/ask', '_short')];
}
