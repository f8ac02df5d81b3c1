import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Turnpike } from './turnpike-process.ts';

const password = 'a fine long sentence';

/** Somebody with a browser, as far as cookies and origins go. The server's public URL must be its own address. */
export class Person {
  readonly email: string;
  readonly #turnpike: Turnpike;
  readonly #cookies = new Map<string, string>();

  constructor(turnpike: Turnpike, email: string) {
    this.#turnpike = turnpike;
    this.email = email;
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const { url: origin } = this.#turnpike;
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(path.startsWith('http') ? path : `${origin}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        origin,
        ...(cookie === '' ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const set of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';')[0] ?? '').split('=');
      this.#cookies.set(name, value);
    }
    return response;
  }

  async json<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    return (await (await this.send(method, path, body)).json()) as Answer;
  }
}

/** All mails in the outbox, decoded as far as plain text goes. */
export async function mailsOf({ dataDir }: Turnpike): Promise<readonly string[]> {
  const folder = join(dataDir, 'outbox');
  const files = await readdir(folder).catch(() => []);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts.map((mail) => mail.replaceAll(/=\r?\n/g, '').replaceAll('=3D', '='));
}

/** Signs up and confirms the mailed link. */
export async function signUp(turnpike: Turnpike, email: string): Promise<Person> {
  const person = new Person(turnpike, email);
  expect((await person.send('POST', '/auth/sign-up/email', { email, name: 'Ada', password })).status).toBe(200);
  const links = async () =>
    (await mailsOf(turnpike))
      .filter((mail) => mail.includes(`To: ${email}`))
      .flatMap((mail) => /https?:\/\/\S+/.exec(mail.split('\r\n\r\n').slice(1).join('\n')) ?? []);
  await expect.poll(async () => (await links()).length).toBeGreaterThan(0);
  expect((await person.send('GET', (await links())[0] ?? '')).status).toBeLessThan(400);
  return person;
}
