/** What the API answered when something could not be done. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  /** The field at fault, where there is one. */
  readonly param: string | null;
  readonly requestId: string | null;
  /** The page about this error. */
  readonly documentationUrl: string | null;

  constructor(
    message: string,
    details: {
      status: number;
      code: string;
      param: string | null;
      requestId: string | null;
      documentationUrl?: string | null;
    },
  ) {
    super(message);
    this.status = details.status;
    this.code = details.code;
    this.param = details.param;
    this.requestId = details.requestId;
    this.documentationUrl = details.documentationUrl ?? null;
  }
}

interface Envelope {
  readonly error?: {
    readonly message?: string;
    readonly code?: string;
    readonly param?: string | null;
    readonly documentation_url?: string;
  };
  readonly message?: string;
  readonly code?: string;
}

/** Reads an error answer in the envelope that every route has. */
export function problemOf(body: unknown, response: Response): Problem {
  const { error, message, code } = (typeof body === 'object' && body !== null ? body : {}) as Envelope;
  const text =
    error?.message ?? message ?? (response.statusText === '' ? `HTTP ${response.status}` : response.statusText);
  return new Problem(text, {
    status: response.status,
    code: error?.code ?? code ?? String(response.status),
    param: error?.param ?? null,
    requestId: response.headers.get('x-request-id'),
    // The page for people, not its Markdown.
    documentationUrl: error?.documentation_url?.replace('.md#', '#') ?? null,
  });
}
