/** The wire contracts whose requests become chats, each as a plain client speaks it. */
export interface ClientSurface {
  readonly name: string;
  readonly path: (stream: boolean) => string;
  readonly body: (model: string, content: string, stream: boolean) => object;
  readonly headers: (key: string) => Record<string, string>;
  /** The text of a whole answer. */
  readonly textOf: (answer: never) => string;
  /** The text of one event of a stream. */
  readonly deltaOf: (event: never) => string;
  /** What only a complete stream has at its end. */
  readonly closing: RegExp;
  /** `code` or `type` and message of an error answer, or of an error event. */
  readonly errorOf: (body: never) => { readonly kind: unknown; readonly message: unknown };
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

interface Envelope {
  readonly error?: { readonly code?: unknown; readonly type?: unknown; readonly message?: unknown };
}
const envelope = ({ error }: Envelope) => ({ kind: error?.code, message: error?.message });

interface Completion {
  readonly choices?: readonly {
    readonly text?: string;
    readonly message?: { readonly content: string };
    readonly delta?: { readonly content?: string };
  }[];
}

const done = /data: \[DONE\]\n\n$/;

const chat: ClientSurface = {
  name: 'chat completions',
  path: () => '/v1/chat/completions',
  body: (model, content, stream) => ({ model, stream, messages: [{ role: 'user', content }] }),
  headers: bearer,
  textOf: ({ choices = [] }: Completion) => choices[0]?.message?.content ?? '',
  deltaOf: ({ choices = [] }: Completion) => choices[0]?.delta?.content ?? '',
  closing: done,
  errorOf: envelope,
};

const completions: ClientSurface = {
  ...chat,
  name: 'completions',
  path: () => '/v1/completions',
  body: (model, prompt, stream) => ({ model, stream, prompt }),
  textOf: ({ choices = [] }: Completion) => choices[0]?.text ?? '',
  deltaOf: ({ choices = [] }: Completion) => choices[0]?.text ?? '',
};

interface ResponseObject {
  readonly output: readonly { readonly content?: readonly { readonly text?: string }[] }[];
}

const responses: ClientSurface = {
  name: 'responses',
  path: () => '/v1/responses',
  body: (model, input, stream) => ({ model, stream, input }),
  headers: bearer,
  textOf: ({ output }: ResponseObject) =>
    output.flatMap(({ content = [] }) => content.map(({ text = '' }) => text)).join(''),
  deltaOf: ({ type, delta }: { type: string; delta?: string }) =>
    type === 'response.output_text.delta' ? (delta ?? '') : '',
  closing: /event: response\.completed\n[^\n]*\n\ndata: \[DONE\]\n\n$/,
  errorOf: envelope,
};

interface Message {
  readonly content: readonly { readonly text?: string }[];
}

const messages: ClientSurface = {
  name: 'messages',
  path: () => '/v1/messages',
  body: (model, content, stream) => ({ model, stream, max_tokens: 500, messages: [{ role: 'user', content }] }),
  headers: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
  textOf: ({ content }: Message) => content.map(({ text = '' }) => text).join(''),
  deltaOf: ({ delta }: { delta?: { text?: string } }) => delta?.text ?? '',
  closing: /event: message_stop\n[^\n]*\n\n$/,
  errorOf: ({ error }: Envelope) => ({ kind: error?.type, message: error?.message }),
};

const spycore: ClientSurface = {
  name: 'SpyCore chat',
  path: (stream) => (stream ? '/v1/chat/stream' : '/api/v1/chat'),
  body: (model, content) => ({ model, messages: [{ role: 'user', content }] }),
  headers: bearer,
  textOf: ({ choices = [] }: Completion) => choices[0]?.message?.content ?? '',
  deltaOf: ({ delta }: { delta?: string }) => delta ?? '',
  closing: done,
  errorOf: envelope,
};

export const clientSurfaces: readonly ClientSurface[] = [chat, completions, responses, messages, spycore];

/** JSON of the events of a stream, in order; `[DONE]` left out. */
export function eventsOf(text: string): object[] {
  return [...text.matchAll(/^data: (.*)$/gm)]
    .map(([, data = '']) => data)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as object);
}
