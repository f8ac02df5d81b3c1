import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { Turnpike } from './turnpike-process.ts';

export const password = 'a fine long sentence';

/** One request as a browser makes it on its way from page to page: `fetch` says of itself that it is a script. */
async function requested(
  url: string,
  {
    method,
    headers,
    body,
  }: { readonly method: string; readonly headers: Record<string, string>; readonly body?: string | Uint8Array },
): Promise<Response> {
  const sent = request(url, { method, headers });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const received = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct))
    for (const value of values ?? []) received.append(name, value);
  const status = answer.statusCode ?? 0;
  return new Response(status === 204 || status === 304 ? null : Buffer.concat(chunks), { status, headers: received });
}

/** A body as a browser writes it: a form, a form with files, else JSON. */
async function contentOf(body: unknown): Promise<{ readonly type: string; readonly bytes: string | Uint8Array }> {
  if (body instanceof URLSearchParams) return { type: 'application/x-www-form-urlencoded', bytes: body.toString() };
  if (!(body instanceof FormData)) return { type: 'application/json', bytes: JSON.stringify(body) };
  const encoded = new Response(body);
  return { type: encoded.headers.get('content-type') ?? '', bytes: new Uint8Array(await encoded.arrayBuffer()) };
}

/** A browser as far as cookies, origins and forms go. */
export class Browser {
  readonly #turnpike: Turnpike;
  readonly #cookies = new Map<string, string>();

  constructor(turnpike: Turnpike) {
    this.#turnpike = turnpike;
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const url = path.startsWith('http') ? path : `${this.#turnpike.url}${path}`;
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const content = body === undefined ? undefined : await contentOf(body);
    const response = await requested(url, {
      method,
      headers: {
        ...(method === 'GET' ? { 'sec-fetch-mode': 'navigate' } : { origin: this.#turnpike.url }),
        ...(cookie === '' ? {} : { cookie }),
        ...(content === undefined ? {} : { 'content-type': content.type }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content.bytes }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [pair = ''] = set.split(';');
      const at = pair.indexOf('=');
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      if (value === '' || /max-age=0/i.test(set)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  async json<Answer>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return (await (await this.send(method, path, body, headers)).json()) as Answer;
  }
}

/** The links of all mails to an address, the newest last. */
export async function linksTo(turnpike: Turnpike, email: string): Promise<string[]> {
  const folder = join(turnpike.dataDir, 'outbox');
  const files = (await readdir(folder).catch(() => [])).toSorted(
    (left, right) => left.split('-')[1]?.localeCompare(right.split('-')[1] ?? '') ?? 0,
  );
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts
    .filter((text) => text.includes(`To: ${email}`))
    .flatMap((text) => {
      const plain = text.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
      return /https?:\/\/\S+/.exec(plain.split('\r\n\r\n').slice(1).join('\n')) ?? [];
    });
}

export async function mailedLink(turnpike: Turnpike, email: string, count = 1): Promise<string> {
  await vi.waitFor(
    async () => {
      expect((await linksTo(turnpike, email)).length).toBe(count);
    },
    { timeout: 10_000 },
  );
  return (await linksTo(turnpike, email)).at(-1) ?? '';
}

/** Signs somebody up, follows the mailed link, and has the browser signed in. */
export async function signUp(turnpike: Turnpike, email: string, name = 'Ada'): Promise<Browser> {
  const browser = new Browser(turnpike);
  const signedUp = await browser.send('POST', '/auth/sign-up/email', { email, name, password });
  expect(signedUp.status).toBe(200);
  expect((await browser.send('GET', await mailedLink(turnpike, email))).status).toBeLessThan(400);
  return browser;
}
