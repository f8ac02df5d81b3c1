import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import type { ChatAnswer, JsonObject, Provider } from '../providers/provider.ts';
import { startFakeUpstream, type FakeUpstream, type RecordedRequest } from './fake-upstream.ts';
import { createManualClock } from './manual-clock.ts';

/** The operator's key at the fake upstream. */
export const operatorKey = 'sk-operator-0123456789';

/** What a provider under test is opened with. */
export interface ProviderTarget {
  /** Up to and including /v1. */
  readonly url: string;
  /** Up to and including /v1beta. */
  readonly geminiUrl: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
}

export interface ProviderTraits {
  /** The header in which the upstream is shown a key, and how: `Bearer <key>` or the key alone. */
  readonly credential: { readonly header: string; readonly prefix: string };
  /** Bodies go through as they are, both ways. */
  readonly passesThrough: boolean;
}

/** One provider under test and the upstream it speaks to. Fields change from test to test. */
export interface Bench {
  readonly traits: ProviderTraits;
  readonly upstream: () => FakeUpstream;
  readonly open: (change?: Partial<ProviderTarget>) => Provider;
  /** A name of its own for every test. */
  readonly model: () => string;
  readonly abort: () => AbortController;
  readonly chat: (change?: ChatChange) => Promise<ChatAnswer>;
  readonly request: () => RecordedRequest;
}

export interface ChatChange {
  readonly stream?: boolean;
  readonly using?: Provider;
  readonly body?: JsonObject;
  readonly credential?: string;
}

/** The error an answer is refused with; fails when it is answered or refused with anything but an AppError. */
export async function refused(answer: Promise<unknown>): Promise<AppError> {
  const error: unknown = await answer.then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
}

/** A port at which nobody listens. */
export async function closedPort(): Promise<number> {
  const nobody = createServer();
  nobody.listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const address = nobody.address();
  await new Promise((resolve) => nobody.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Starts the fake upstream for the tests of the file, and closes what they open. */
export function createBench(open: (target: ProviderTarget) => Provider, traits: ProviderTraits): Bench {
  let upstream: FakeUpstream | undefined;
  let opened: Provider[] = [];
  let abort = new AbortController();
  let tests = 0;
  const running = () => {
    if (upstream === undefined) throw new Error('the fake upstream has not been started');
    return upstream;
  };
  const model = () => `model-${String(tests)}`;
  const openOne = (change: Partial<ProviderTarget> = {}): Provider => {
    const { url, geminiUrl } = running();
    const times = { connectTimeoutMs: 2_000, firstByteTimeoutMs: 10_000 };
    const target = { url, geminiUrl, apiKey: operatorKey, clock: createManualClock(), ...times, ...change };
    const provider = open(target);
    opened.push(provider);
    return provider;
  };
  beforeAll(async () => {
    upstream = await startFakeUpstream({ models: ['m1', 'm2'] });
  });
  afterAll(() => running().close());
  beforeEach(() => {
    tests += 1;
    abort = new AbortController();
  });
  afterEach(async () => {
    await Promise.all(opened.map((provider) => provider.close()));
    opened = [];
  });
  return {
    traits,
    upstream: running,
    open: openOne,
    model,
    abort: () => abort,
    chat: ({ stream = false, using, body = {}, credential } = {}) =>
      (using ?? openOne()).chat({
        body: {
          model: model(),
          messages: [{ role: 'user', content: 'hello there' }],
          ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
          ...body,
        },
        stream,
        requestId: 'req_1',
        signal: abort.signal,
        ...(credential === undefined ? {} : { credential }),
      }),
    request: () => {
      const record = running().requestsFor(model()).at(-1);
      if (record === undefined) throw new Error('the upstream has seen no request');
      return record;
    },
  };
}
