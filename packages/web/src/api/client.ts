import createClient from 'openapi-fetch';
import { problemOf } from './problem.ts';
import type { components, paths } from './schema.d.ts';

export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

const storageKey = 'turnpike.organization';

export function chosenOrganization(): string | null {
  return localStorage.getItem(storageKey);
}

export function chooseOrganization(id: string | null): void {
  if (id === null) localStorage.removeItem(storageKey);
  else localStorage.setItem(storageKey, id);
}

const client = createClient<paths>({ baseUrl: window.location.origin, credentials: 'same-origin' });
client.use({
  onRequest: ({ request }) => {
    const organization = chosenOrganization();
    if (organization !== null && new URL(request.url).pathname.startsWith('/account/'))
      request.headers.set('x-turnpike-organization', organization);
    return request;
  },
});

/** The API of this server, typed from its OpenAPI document. Wrap calls in `done`. */
export const api = client;

/** The data of an answer. @throws Problem */
export async function done<Data>(
  call: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<NonNullable<Data>> {
  const { data, error, response } = await call;
  if (response.ok && data !== undefined && data !== null) return data;
  throw problemOf(error, response);
}

/** A request to what the OpenAPI document does not describe: /auth. @throws Problem */
export async function auth<Answer = unknown>(
  path: string,
  body?: Readonly<Record<string, unknown>>,
  method = body === undefined ? 'GET' : 'POST',
): Promise<Answer> {
  const response = await fetch(`/auth${path}`, {
    method,
    credentials: 'same-origin',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer: unknown = text === '' ? null : JSON.parse(text);
  if (!response.ok) throw problemOf(answer, response);
  return answer as Answer;
}
