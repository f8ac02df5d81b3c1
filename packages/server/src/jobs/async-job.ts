import type { JobType } from '@turnpike/contract/hub-jobs';
import type { JsonObject } from '../providers/provider.ts';

export type JobStatus = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** Why a job failed, in the words of the error table. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
}

/** Work that somebody ordered and asks for later. */
export interface AsyncJob {
  readonly id: string;
  /** A tenant's id, or that of a public caller. */
  readonly ownerId: string;
  /** null: a caller without a key. */
  readonly keyId: string | null;
  readonly type: JobType;
  readonly status: JobStatus;
  /** 0 to 100. */
  readonly progress: number;
  /** How often it was begun; told apart by it, so that one taken for dead cannot write over its successor. */
  readonly attempts: number;
  readonly input: JsonObject;
  readonly result: JsonObject | null;
  readonly error: JobFailure | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** null while it is not over. */
  readonly expiresAt: Date | null;
}

/** Which jobs of an owner, the newest first. */
export interface JobQuery {
  readonly ownerId: string;
  readonly status?: JobStatus | undefined;
  /** Where the page before ended; that job need not be there any more. */
  readonly after?: { readonly createdAt: string; readonly id: string } | undefined;
  readonly limit: number;
}

export function isOver({ status }: Pick<AsyncJob, 'status'>): boolean {
  return status !== 'queued' && status !== 'running';
}
