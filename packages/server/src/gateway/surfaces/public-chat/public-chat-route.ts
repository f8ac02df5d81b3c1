import { randomBytes } from 'node:crypto';
import { publicChatRequest, publicChatResponse, publicChatToken } from '@turnpike/contract/hub-chat';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { headerRecord } from '../../../http/failure.ts';
import { sendJson } from '../../../http/send-json.ts';
import { validate } from '../../../http/validate.ts';
import { planAnswer, type AnswerPlan, type AnswerSources } from '../../../knowledge/answer-plan.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { SessionTokens } from '../../../secrets/session-token.ts';
import type { AnswerDialect } from '../../dialect.ts';
import type { Gateway } from '../../gateway.ts';
import type { ChatReading } from '../../reading.ts';
import { hubReading } from '../ask/hub-answer.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { publicPrincipal } from '../public-caller.ts';
import { requestHeader } from '../request-headers.ts';
import { serveCall } from '../serve-call.ts';
import { checkVisitor, type VisitorRules } from './visitor.ts';

export interface PublicChatOptions extends VisitorRules {
  readonly gateway: Gateway;
  readonly answers: AnswerSources;
  readonly tokens: SessionTokens;
  readonly answerModel: string | undefined;
  readonly chatsPerHour: number;
  /** Address of a document on this server; undefined: it is not served. */
  readonly urlOf: (source: string) => string | undefined;
}

const surface = 'public-chat';
const path = '/api/chat-completion.php';

type ChatRequest = z.output<typeof publicChatRequest>;

function holderOf(request: FastifyRequest) {
  return { address: request.clientAddress, userAgent: requestHeader(request, 'user-agent') ?? '' };
}

const refusals = {
  malformed: 'The session token is not one of ours.',
  forged: 'The session token was altered, or belongs to another address or User-Agent.',
  early: 'The session token is too new.',
  expired: 'The session token has expired.',
} as const;

/** @throws AppError INVALID_SESSION_TOKEN */
function requireToken({ tokens, gateway }: PublicChatOptions, request: FastifyRequest): void {
  const { session_token: inBody } = (request.body ?? {}) as { session_token?: unknown };
  const token = requestHeader(request, 'x-simo-token') ?? (typeof inBody === 'string' ? inBody : undefined);
  const verdict = token === undefined ? 'malformed' : tokens.verify(token, holderOf(request), gateway.clock.now());
  if (verdict === 'valid') return;
  const what = token === undefined ? 'A session token is needed.' : refusals[verdict];
  throw new AppError(
    'INVALID_SESSION_TOKEN',
    `${what} Get one with GET ${path}?action=token, wait its min_age of ${tokens.minAgeSeconds} s, and send it as X-Simo-Token.`,
    { param: 'session_token' },
  );
}

function dialect(options: PublicChatOptions, plan: AnswerPlan, asked: ChatRequest, caller: Caller): AnswerDialect {
  const sessionId = asked.session_id ?? randomBytes(16).toString('hex');
  const citations = plan.references.map(({ source }) => options.urlOf(source)).filter((url) => url !== undefined);
  return {
    shapeAnswer: ({ choices }) => {
      const [choice] = Array.isArray(choices) ? (choices as { message?: { content?: unknown } }[]) : [];
      const content = choice?.message?.content;
      return {
        success: true,
        content: typeof content === 'string' ? content : '',
        model: plan.source.replace(/^llm:/, ''),
        mode: plan.source.startsWith('llm:') ? 'online' : asked.mode,
        remaining: Math.min(...caller.states.map(({ remaining }) => remaining), options.chatsPerHour),
        session_id: sessionId,
        citations: [...new Set(citations)],
      };
    },
    openStream: () => ({ onChunk: () => [], finish: () => [] }),
    closing: '',
  };
}

async function read(options: PublicChatOptions, body: JsonObject, caller: Caller): Promise<ChatReading> {
  const { gateway, answers, answerModel } = options;
  const asked = validate(publicChatRequest, body, 'body');
  const wanted = [asked.model, answerModel].filter((name) => name !== undefined);
  const model =
    asked.mode === 'demo' ? undefined : wanted.map((name) => gateway.catalog.model(name)).find((entry) => entry);
  // A stranger may not choose among the models of paying callers.
  const allowed = model?.name === answerModel ? model : undefined;
  const plan = await planAnswer(answers, asked.message, { lang: asked.lang ?? undefined, model: allowed?.name });
  const history = (asked.history ?? []).filter(({ role }) => role !== 'system');
  return {
    ...hubReading({ plan, model: allowed, question: asked.message, history, stream: false }),
    dialect: dialect(options, plan, asked, caller),
  };
}

async function handle(options: PublicChatOptions, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { gateway, chatsPerHour } = options;
  const caller = new Caller(gateway, request, surface);
  await serveCall(gateway, request, reply, {
    caller,
    surface,
    route: path,
    body: request.body,
    authenticate: () => {
      checkVisitor(options, request.headers);
      requireToken(options, request);
      return publicPrincipal(request.clientAddress, surface, chatsPerHour);
    },
    read: (body) => read(options, body, caller),
    client: connectionOf(reply),
  });
}

async function issue(options: PublicChatOptions, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { gateway, tokens } = options;
  const caller = new Caller(gateway, request, surface);
  try {
    caller.contract = gateway.contracts.bind(path, requestHeader(request, 'api-version'), undefined);
    checkVisitor(options, request.headers);
    validate(tokenQuery, request.query, 'query');
    const { token, expiresSeconds } = tokens.issue(holderOf(request), gateway.clock.now());
    const headers = { ...headerRecord(caller.headers([])), 'cache-control': 'no-store' };
    sendJson(reply, 200, headers, { token, expires: expiresSeconds, min_age: tokens.minAgeSeconds });
  } catch (error) {
    await caller.fail(reply, error);
  }
}

const tokenQuery = z.object({ action: z.enum(['token']) });

/** /api/chat-completion.php: the chat on the public pages, for visitors without an account (S1). */
export function publicChatRoutes(options: PublicChatOptions): RawRoute[] {
  const common = { path, tag: 'chat', security: 'none' } as const;
  return [
    rawRoute({
      ...common,
      method: 'GET',
      operationId: 'issue_chat_token',
      summary: 'A token for the public chat, bound to the caller’s address and User-Agent',
      query: tokenQuery,
      errors: { 403: 'The origin is not allowed, or the caller is a bot' },
      responses: { 200: { description: 'The token', schema: publicChatToken } },
      handle: (request, reply) => issue(options, request, reply),
    }),
    rawRoute({
      ...common,
      method: 'POST',
      security: 'session-token',
      isLimited: true,
      errors: {
        401: 'The token is missing, altered, too new or too old, or another caller’s',
        403: 'The origin is not allowed, or the caller is a bot',
        502: 'The model server does not answer',
      },
      operationId: 'chat_completion',
      summary: 'Send a message to the public chat',
      description: `Needs a token of GET ?action=token, as X-Simo-Token or session_token. ${options.chatsPerHour} messages an hour from one address.`,
      body: publicChatRequest,
      responses: { 200: { description: 'The answer, in Markdown', schema: publicChatResponse } },
      handle: (request, reply) => handle(options, request, reply),
    }),
  ];
}
