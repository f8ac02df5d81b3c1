/** A chat request for the public model `public-<model>` of `upstreamConfig`. */
export function ask(model: string, more: object = {}): object {
  return { model: `public-${model}`, messages: [{ role: 'user', content: 'Hello there' }], ...more };
}

/** POST /v1/chat/completions. */
export function postChat(
  url: string,
  key: string,
  body: object,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly signal?: AbortSignal } = {},
): Promise<Response> {
  const { headers = {}, signal } = options;
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly code: string;
    readonly param: string | null;
    readonly retry_after?: number;
  };
}

/** Status and error code of an answer; undefined for one that is no error. */
export async function outcome(answer: Response): Promise<[number, string | undefined]> {
  const body = (await answer.json()) as Partial<ErrorBody>;
  return [answer.status, body.error?.code];
}

/** The JSON texts of the `data:` lines of an event stream, `[DONE]` as it stands. */
export function dataOf(stream: string): string[] {
  return stream.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice('data: '.length)] : []));
}

/** The text that a streamed answer makes. */
export function contentOf(stream: string): string {
  return dataOf(stream)
    .filter((data) => data !== '[DONE]')
    .map((data) => {
      const { choices } = JSON.parse(data) as { choices?: { delta: { content?: string | null } }[] };
      return choices?.[0]?.delta.content ?? '';
    })
    .join('');
}
