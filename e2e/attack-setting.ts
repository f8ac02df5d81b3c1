import { startFakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { startWebhookReceiver } from '../packages/server/src/testing/webhook-receiver.ts';
import { signUp } from './browser-session.ts';
import { allScopes, withKey, type Owner } from './owned-things.ts';
import { freePort, startTurnpike, type Turnpike } from './turnpike-process.ts';
import { until } from './until.ts';

/** A server with everything on that can be attacked, and what stands around it. */
export interface Setting {
  readonly turnpike: Turnpike;
  /** Signs somebody up who owns an organisation and a key of it with all scopes. */
  owner(email: string): Promise<Owner>;
  close(): Promise<void>;
}

export async function openSetting(): Promise<Setting> {
  const [upstream, receiver, port] = await Promise.all([startFakeUpstream(), startWebhookReceiver(), freePort()]);
  const byok = {
    targets: [{ upstream: 'mistral', model: 'own' }],
    context_tokens: 10_000,
    max_output_tokens: 1_000,
    capabilities: ['chat'],
    byok: true,
  };
  const turnpike = await startTurnpike({
    port,
    env: { TURNPIKE_PUBLIC_URL: `http://127.0.0.1:${String(port)}` },
    config: {
      accounts: { throttle: false },
      webhooks: { allowed_networks: ['127.0.0.0/8'], timeout_ms: 2_000 },
      upstreams: { mistral: { kind: 'openai', base_url: upstream.url } },
      models: { own: byok },
      plans: { personal: { requests_per_minute: 100_000 } },
    },
  });
  return {
    turnpike,
    owner: async (email) => {
      const browser = await signUp(turnpike, email);
      await browser.send('PATCH', '/account/v1/organization', { kept_bodies_days: 7 });
      const { organization } = await browser.json<{ organization: string }>('GET', '/account/v1/me');
      const body = { name: 'all', scopes: allScopes };
      const { key } = await browser.json<{ key: string }>('POST', '/account/v1/keys', body);
      const owner = { turnpike, browser, organization, key, hookUrl: receiver.url };
      // A key's first use pins it to a version a little later: from here on nothing changes by itself.
      await (await withKey(owner, 'GET', '/v1/models')).text();
      await until(async () => {
        const { data } = await browser.json<{ data: { pinned_version: string | null }[] }>('GET', '/account/v1/keys');
        return data[0]?.pinned_version ?? undefined;
      });
      return owner;
    },
    close: async () => {
      await Promise.all([upstream.close(), receiver.close()]);
    },
  };
}
