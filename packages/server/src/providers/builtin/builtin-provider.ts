import type { Clock } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { ulid } from '../../ids.ts';
import { composeAnswer, composeFrequentAnswer } from '../../knowledge/answer.ts';
import type { FaqMatch } from '../../knowledge/search-faq.ts';
import type { Passage } from '../../knowledge/passage.ts';
import { loadTokenizer } from '../../tokens/count-tokens.ts';
import { givenAnswer } from '../given-answer.ts';
import type { ChatCall, JsonObject, Provider } from '../provider.ts';
import { complete, toEvents, toJson } from './completion.ts';
import { embed, embeddingModel } from './embeddings.ts';
import { PacedEvents } from './paced-events.ts';
import { lastUserText } from './question.ts';

export interface BuiltinProviderOptions {
  /** Finds what the documentation says about a question, best first. */
  readonly search: (query: string) => Promise<readonly Passage[]>;
  /** The answer to a question that is asked often; undefined: it is none of them. */
  readonly frequent?: (question: string) => Promise<FaqMatch | undefined>;
  readonly clock: Clock;
}

/** The models of the `builtin` upstream. */
const builtinModels: readonly string[] = ['turnpike-demo', embeddingModel];

/** What a database driver says of a failed query has the question in it, which must not reach a log. */
function searchFailed(error: unknown): never {
  if (error instanceof AppError) throw error;
  const cause = error instanceof Error ? error.cause : undefined;
  throw new AppError(
    'UPSTREAM_ERROR',
    'The documentation cannot be searched right now. Retry with exponential backoff.',
    { cause: cause ?? new Error('the search failed') },
  );
}

function asksForUsage(body: JsonObject): boolean {
  const options = body['stream_options'];
  return (
    typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true
  );
}

/**
 * A model that needs no network and no key: it answers with what the documentation says, and says so when it says
 * nothing. The same request has the same answer.
 */
export function createBuiltinProvider({ search, frequent, clock }: BuiltinProviderOptions): Provider {
  const answer = async ({ body, signal }: ChatCall) => {
    const question = lastUserText(body);
    const said = body[givenAnswer];
    if (typeof said === 'string') return finish(said, body, signal);
    const known = question === '' ? undefined : await frequent?.(question).catch(searchFailed);
    const passages = question === '' || known !== undefined ? [] : await search(question).catch(searchFailed);
    return finish(known === undefined ? composeAnswer(question, passages) : composeFrequentAnswer(known), body, signal);
  };
  const finish = async (text: string, body: JsonObject, signal: AbortSignal) => {
    const tokenizer = await loadTokenizer();
    if (signal.aborted) throw new AppError('UPSTREAM_ERROR', 'The call was given up.', { cause: signal.reason });
    const nowMs = clock.now();
    return complete({
      answer: text,
      body,
      tokenizer,
      id: `chatcmpl-${ulid(nowMs)}`,
      nowMs,
    });
  };
  return {
    chat: async (call) => {
      const completion = await answer(call);
      if (!call.stream) {
        const body = toJson(completion);
        return { kind: 'json', body, text: JSON.stringify(body) };
      }
      const events = toEvents(completion, asksForUsage(call.body));
      return { kind: 'stream', events: new PacedEvents({ events, clock, signal: call.signal }) };
    },
    embed: async ({ body: asked, signal }) => {
      const body = await embed(asked, await loadTokenizer(), signal);
      return { kind: 'json', body, text: JSON.stringify(body) };
    },
    listModels: () => Promise.resolve(builtinModels),
    close: () => Promise.resolve(),
  };
}
