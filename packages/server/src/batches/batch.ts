export type BatchStatus =
  'validating' | 'failed' | 'in_progress' | 'finalizing' | 'completed' | 'expired' | 'cancelling' | 'cancelled';

/** What was wrong with the input. */
export interface BatchError {
  readonly code: string;
  readonly message: string;
  readonly param: string | null;
  /** Of the input file, from 1; null: the whole of it. */
  readonly line: number | null;
}

export interface Batch {
  readonly id: string;
  readonly tenantId: string;
  readonly keyId: string;
  readonly inputFileId: string;
  readonly endpoint: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly outputExpiresAfterSeconds: number | null;
  readonly status: BatchStatus;
  readonly errors: readonly BatchError[] | null;
  readonly outputFileId: string | null;
  readonly errorFileId: string | null;
  readonly counts: { readonly total: number; readonly completed: number; readonly failed: number };
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** When it came to each status it has been in. */
  readonly reachedAt: Readonly<Partial<Record<Exclude<BatchStatus, 'validating'>, Date>>>;
}

/** Which batches of a tenant, the newest first. */
export interface BatchQuery {
  readonly tenantId: string;
  readonly status?: BatchStatus | undefined;
  /** Id of the last batch of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** One request of a batch. */
export interface BatchLine {
  readonly lineNo: number;
  readonly customId: string;
  readonly body: Record<string, unknown>;
}

/** How a line ended, as it is written into a file. */
export interface LineOutcome {
  /** It goes to the output, else to the errors. */
  readonly isOk: boolean;
  /** `{id, custom_id, response, error}`. */
  readonly record: Readonly<Record<string, unknown>>;
}

export function isOver({ status }: Pick<Batch, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'expired' || status === 'cancelled';
}
