import { expect } from 'vitest';
import type { ChatAnswer, EventStream } from '../providers/provider.ts';

/** What a listener has heard of one stream. */
export interface Heard {
  readonly events: string[];
  flushes: number;
  /** `open`, `end` or the code of the error. */
  outcome: string;
  readonly over: Promise<void>;
  /** Resolves once so many events have come. */
  heard(count: number): Promise<void>;
}

/** Starts a stream and writes down what it says. Fails the test when it ends twice. */
export function listen(events: EventStream): Heard {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let look: () => void = () => undefined;
  const heard: Heard = {
    events: [],
    flushes: 0,
    outcome: 'open',
    over: promise,
    heard: (count) =>
      new Promise((done) => {
        look = () => {
          if (heard.events.length >= count) done();
        };
        look();
      }),
  };
  const end = (outcome: string) => {
    expect(heard.outcome).toBe('open');
    heard.outcome = outcome;
    resolve(undefined);
  };
  events.start({
    onEvent: (data) => {
      heard.events.push(data);
      look();
    },
    onFlush: () => {
      heard.flushes += 1;
    },
    onEnd: () => {
      end('end');
    },
    onError: (error) => {
      end(error.code);
    },
  });
  return heard;
}

/** The stream of an answer; fails when it is none. */
export async function streamOf(answer: Promise<ChatAnswer>): Promise<EventStream> {
  const given = await answer;
  if (given.kind !== 'stream') throw new Error('not a stream');
  return given.events;
}

/** What the tests read of a chat.completion.chunk. */
export interface HeardChunk {
  readonly id: string;
  readonly object: string;
  readonly model: string;
  readonly choices: readonly {
    readonly index: number;
    readonly finish_reason: string | null;
    readonly delta: {
      readonly role?: string;
      readonly content?: string | null;
      readonly reasoning_content?: string;
      readonly tool_calls?: readonly {
        readonly index: number;
        readonly id?: string;
        readonly type?: string;
        readonly function: { readonly name?: string; readonly arguments?: string };
      }[];
    };
  }[];
  readonly usage?: Readonly<Record<string, unknown>> | null;
  readonly error?: unknown;
}

/** The events of a chat stream, `[DONE]` left out. */
export function chunksIn(events: readonly string[]): HeardChunk[] {
  return events.filter((data) => data !== '[DONE]').map((data) => JSON.parse(data) as HeardChunk);
}

/** The text of the first choice. */
export function contentIn(events: readonly string[]): string {
  return chunksIn(events)
    .map((chunk) => chunk.choices[0]?.delta.content ?? '')
    .join('');
}
