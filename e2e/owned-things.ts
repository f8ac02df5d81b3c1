import { randomUUID } from 'node:crypto';
import type { Browser } from './browser-session.ts';
import { join, memberId } from './members.ts';
import { approve, HandmadeClient } from './oauth-client.ts';
import type { Turnpike } from './turnpike-process.ts';
import { until } from './until.ts';

/** Somebody with an organisation, and a key of it that may do everything. */
export interface Owner {
  readonly turnpike: Turnpike;
  readonly browser: Browser;
  readonly organization: string;
  readonly key: string;
  /** Where webhooks of this organisation go. */
  readonly hookUrl: string;
}
export type Ids = Readonly<Record<string, string>>;

/** Names that are the same for everybody: no ids. */
export const sharedNames: ReadonlySet<string> = new Set([
  '/v1/models/{id}',
  '/v1/provider-keys/{upstream}',
  '/account/v1/provider-keys/{upstream}',
]);

export const allScopes = ['chat', 'embeddings', 'files', 'models', 'provider_keys'];
const question = { model: 'turnpike-demo', messages: [{ role: 'user', content: 'Which plans are there?' }] };

/** A request with the owner's key. */
export function withKey(
  { turnpike, key }: Pick<Owner, 'turnpike' | 'key'>,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const isForm = body instanceof FormData;
  return fetch(`${turnpike.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
}

async function idOf(answer: Promise<Response>): Promise<string> {
  const { status, ...response } = await answer.then(async (given) => ({
    status: given.status,
    text: await given.text(),
  }));
  if (status >= 300) throw new Error(`${String(status)} ${response.text}`);
  const { id, job_id: jobId } = JSON.parse(response.text) as { readonly id?: string; readonly job_id?: string };
  return id ?? jobId ?? '';
}

function fileForm(): FormData {
  const line = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: question };
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob([JSON.stringify(line)]), 'secret-name.jsonl');
  return form;
}

const file = (owner: Owner) => idOf(withKey(owner, 'POST', '/v1/files', fileForm()));
const webhook = ({ browser, hookUrl }: Owner) =>
  idOf(browser.send('POST', '/account/v1/webhooks', { url: hookUrl, event_types: ['job.failed'] }));

async function application({ turnpike, browser }: Owner): Promise<string> {
  const client = await HandmadeClient.register(turnpike);
  await approve(browser, client.authorizationUrl());
  const { data } = await browser.json<{ data: { id: string }[] }>('GET', '/account/v1/applications');
  return data[0]?.id ?? '';
}

async function usageEvent(owner: Owner): Promise<string> {
  const read = () => owner.browser.json<{ data: { id: string }[] }>('GET', '/account/v1/usage/events');
  const before = (await read()).data[0]?.id;
  await (await withKey(owner, 'POST', '/v1/chat/completions', question)).text();
  return until(async () => (await read()).data.find(({ id }) => id !== before)?.id);
}

async function stream(owner: Owner): Promise<string> {
  const keyed = { 'idempotency-key': randomUUID() };
  const answer = await withKey(owner, 'POST', '/v1/chat/completions', { ...question, stream: true }, keyed);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${String(answer.status)} ${text}`);
  return answer.headers.get('x-stream-id') ?? '';
}

async function delivery(owner: Owner): Promise<Ids> {
  const id = await webhook(owner);
  await owner.browser.send('POST', `/account/v1/webhooks/${id}/test`);
  const read = () =>
    owner.browser.json<{ data: { id: string; status: string }[] }>('GET', `/account/v1/webhooks/${id}/deliveries`);
  const ended = await until(async () => (await read()).data.find(({ status }) => status === 'delivered'));
  return { id, delivery: ended.id };
}

let people = 0;
async function member({ turnpike, browser }: Owner): Promise<string> {
  people += 1;
  const email = `member-${String(people)}@example.com`;
  await join(turnpike, browser, email, 'viewer');
  return memberId(browser, email);
}

async function invitation({ browser }: Owner): Promise<string> {
  people += 1;
  const body = { email: `guest-${String(people)}@example.com`, role: 'viewer' };
  return idOf(browser.send('POST', '/account/v1/invitations', body));
}

async function providerKey({ browser }: Owner): Promise<Ids> {
  await browser.send('PUT', '/account/v1/provider-keys/mistral', { api_key: 'sk-a-key-of-the-owner' });
  return { upstream: 'mistral' };
}

const batch = async (owner: Owner) =>
  idOf(
    withKey(owner, 'POST', '/v1/batches', {
      input_file_id: await file(owner),
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    }),
  );
const job = (owner: Owner) =>
  idOf(withKey(owner, 'POST', '/api/jobs', { type: 'ask', input: { query: 'Which plans?' } }, { prefer: 'wait=20' }));

/** What makes a new one of everything that a path can name, by that path up to the name. */
const makers: Readonly<Record<string, (owner: Owner) => Promise<Ids>>> = {
  '/account/v1/applications/{id}': async (owner) => ({ id: await application(owner) }),
  '/account/v1/keys/{id}': async ({ browser }) => ({
    id: await idOf(browser.send('POST', '/account/v1/keys', { name: 'mine' })),
  }),
  '/account/v1/usage/events/{id}': async (owner) => ({ id: await usageEvent(owner) }),
  '/account/v1/provider-keys/{upstream}': providerKey,
  '/account/v1/webhooks/{id}': async (owner) => ({ id: await webhook(owner) }),
  '/account/v1/webhooks/{id}/deliveries/{delivery}': delivery,
  '/account/v1/members/{id}': async (owner) => ({ id: await member(owner) }),
  '/account/v1/invitations/{id}': async (owner) => ({ id: await invitation(owner) }),
  '/v1/responses/{id}': async (owner) => ({
    id: await idOf(withKey(owner, 'POST', '/v1/responses', { model: 'turnpike-demo', input: 'Hello' })),
  }),
  '/v1/files/{file_id}': async (owner) => ({ file_id: await file(owner) }),
  '/v1/batches/{id}': async (owner) => ({ id: await batch(owner) }),
  '/v1/models/{id}': () => Promise.resolve({ id: 'turnpike-demo' }),
  '/v1/provider-keys/{upstream}': providerKey,
  '/v1/streams/{id}': async (owner) => ({ id: await stream(owner) }),
  '/api/jobs/{id}': async (owner) => ({ id: await job(owner) }),
  '/account/v1/jobs/{id}': async (owner) => ({ id: await job(owner) }),
  '/account/v1/files/{id}': async (owner) => ({ id: await file(owner) }),
  '/account/v1/batches/{id}': async (owner) => ({ id: await batch(owner) }),
};

/** What of `makers` a path is about. @throws Error for a path with an id that nothing here can make */
export function kindOf(path: string): string {
  const parametrised = path.slice(0, path.lastIndexOf('}') + 1);
  const found = Object.keys(makers)
    .filter((each) => parametrised === each || parametrised.startsWith(`${each}/`))
    .toSorted((left, right) => right.length - left.length)[0];
  if (found?.split('{').length !== path.split('{').length)
    throw new Error(`owned-things.ts makes nothing for ${path}: a new id needs something that is owned`);
  return found;
}

/** A new one of what a path names, of its own organisation. */
export async function make(owner: Owner, kind: string): Promise<Ids> {
  const maker = makers[kind];
  if (maker === undefined) throw new Error(`there is no maker for ${kind}`);
  const ids = await maker(owner);
  for (const [name, id] of Object.entries(ids)) if (id === '') throw new Error(`${kind} has no ${name}`);
  return ids;
}
