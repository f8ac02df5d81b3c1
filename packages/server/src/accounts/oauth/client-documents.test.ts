import type { ClientDiscovery } from '@better-auth/oauth-provider';
import { describe, expect, test } from 'vitest';
import { createManualClock } from '../../testing/manual-clock.ts';
import { createRecordingLogger } from '../../testing/recording-logger.ts';
import { createClientDocuments, isDocumentUrl } from './client-documents.ts';

type Resolve = Parameters<ClientDiscovery['resolve']>;
const id = 'https://app.example/client.json';

/** A discovery whose site is down. */
function setUp() {
  const clock = createManualClock();
  let asked = 0;
  const discovery = createClientDocuments({
    ...{ clock, logger: createRecordingLogger(), provider: () => ({ loginPage: '/', consentPage: '/' }) },
    outbound: {
      request: () => {
        asked += 1;
        return Promise.reject(new Error('down'));
      },
      close: () => Promise.resolve(),
    },
  });
  const known = (ageMs: number) =>
    ({ clientId: id, redirectUris: [], updatedAt: new Date(clock.now() - ageMs) }) as unknown as Resolve[2];
  return {
    clock,
    asked: () => asked,
    known,
    resolve: (existing: Resolve[2]) => discovery.resolve({} as Resolve[0], id, existing),
  };
}

describe('a metadata document', () => {
  test('that was read within the hour is not asked for again', async () => {
    const { resolve, known, asked } = setUp();
    const client = known(3_599_000);
    expect(await resolve(client)).toBe(client);
    expect(asked()).toBe(0);
  });

  test('that cannot be had now is good for a week, and asked for once a minute', async () => {
    const { resolve, known, asked, clock } = setUp();
    const client = known(3_600_000);
    expect(await resolve(client)).toBe(client);
    expect(await resolve(client)).toBe(client);
    expect(asked()).toBe(1);
    clock.advance(60_000);
    expect(await resolve(client)).toBe(client);
    expect(asked()).toBe(2);
    expect(await resolve(known(7 * 86_400_000))).toBeNull();
    expect(await resolve(null)).toBeNull();
    expect(asked()).toBe(2);
  });

  test.each([
    [id, true],
    ['https://app.example/a?b=c', true],
    ['https://app.example', false],
    ['https://app.example/', false],
    ['http://app.example/client.json', false],
    ['https://user@app.example/client.json', false],
    ['https://app.example/client.json#x', false],
    ['https://app.example/a/../client.json', false],
    ['https://APP.example/client.json', false],
    ['client_01J', false],
    ['https://', false],
  ])('is meant by %s: %s', (clientId, expected) => {
    expect(isDocumentUrl(clientId)).toBe(expected);
  });
});
