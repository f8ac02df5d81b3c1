import createClient from 'openapi-fetch';
import { errorOfResponse } from './api-error.ts';
import { chosenOrganization } from './organization-choice.ts';
import type { paths } from './schema.d.ts';

/** The server's API, typed by its own OpenAPI document. Use it inside `call`. */
export const api = createClient<paths>({
  baseUrl: '',
  credentials: 'same-origin',
  // Looked up at each call, so that what replaces the global is used.
  fetch: (request) => fetch(request),
});

api.use({
  onRequest: ({ request }) => {
    const organization = chosenOrganization();
    if (organization !== undefined) request.headers.set('X-Turnpike-Organization', organization);
    return request;
  },
});

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * The data of an answer.
 * @throws ApiError what the server refused; TypeError where there is no answer
 */
export async function call<Data>(request: Promise<Answer<Data>>): Promise<NonNullable<Data>> {
  const { data, error, response } = await request;
  if (response.ok && data !== undefined && data !== null) return data;
  throw errorOfResponse(response, error);
}
