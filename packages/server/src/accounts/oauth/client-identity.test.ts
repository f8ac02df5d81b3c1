import { describe, expect, test } from 'vitest';
import { clientIdentity, redirectTarget } from './client-identity.ts';

const bare = { name: null, uri: null, policy: null, terms: null };

describe('an application', () => {
  test('that registered itself has a name that is only claimed', () => {
    const name = 'Evil\u202E\r\n   App'.padEnd(200, 'x');
    const identity = clientIdentity({ ...bare, id: 'client_1', name });
    expect(identity.verifiedHost).toBeNull();
    expect(identity.name).toHaveLength(80);
    expect(identity.name).toMatch(/^Evil App/);
    expect(clientIdentity({ ...bare, id: 'client_1', name: '\n' }).name).toBe('client_1');
  });

  test('with a document is known by its host', () => {
    const identity = clientIdentity({ ...bare, id: 'https://app.example:8443/client.json' });
    expect([identity.verifiedHost, identity.name]).toEqual(['app.example:8443', 'app.example:8443']);
  });

  test('can link to pages over https only', () => {
    const identity = clientIdentity({
      ...{ ...bare, id: 'client_1' },
      ...{ uri: 'javascript:alert(1)', policy: 'http://app.example', terms: 'https://app.example/terms' },
    });
    expect([identity.uri, identity.policyUri, identity.termsUri]).toEqual([null, null, 'https://app.example/terms']);
  });

  test.each([
    ['https://app.example/callback', { host: 'app.example', isDevice: false }],
    ['http://127.0.0.1:9/callback', { host: '127.0.0.1', isDevice: true }],
    ['com.example.app:/callback', { host: 'com.example.app:', isDevice: true }],
    ['nonsense', { host: '', isDevice: false }],
  ])('is answered at %s', (uri, expected) => {
    expect(redirectTarget(uri)).toEqual(expected);
  });
});
