import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { Turnpike } from './turnpike-process.ts';

export const password = 'a fine long sentence';

/** A browser as far as cookies and origins go. */
export class Browser {
  readonly #turnpike: Turnpike;
  readonly #cookies = new Map<string, string>();

  constructor(turnpike: Turnpike) {
    this.#turnpike = turnpike;
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const url = path.startsWith('http') ? path : `${this.#turnpike.url}${path}`;
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        origin: this.#turnpike.url,
        ...(cookie === '' ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=');
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

/** Signs up and confirms the mailed link. */
export async function signUp(turnpike: Turnpike, email: string): Promise<Browser> {
  const browser = new Browser(turnpike);
  const signedUp = await browser.send('POST', '/auth/sign-up/email', { email, name: 'Ada', password });
  expect(signedUp.status).toBe(200);
  expect((await browser.send('GET', await mailedLink(turnpike, email))).status).toBeLessThan(400);
  return browser;
}
