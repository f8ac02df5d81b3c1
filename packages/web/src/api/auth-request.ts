import { currentLanguage } from '../i18n/language.ts';
import { errorOfResponse } from './api-error.ts';

/**
 * Calls an endpoint under /auth. Mails it sends are in the language of the console.
 * @throws ApiError what the server refused; TypeError where there is no answer
 */
export async function authRequest<Answer = unknown>(
  path: `/${string}`,
  body?: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<Answer> {
  const response = await fetch(`/auth${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      'accept-language': currentLanguage(),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  const parsed = parse(text);
  if (!response.ok) throw errorOfResponse(response, parsed);
  return parsed as Answer;
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
