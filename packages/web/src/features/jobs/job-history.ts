import type { Schema } from '../../api/client.ts';

type Job = Pick<Schema<'OwnJob'>, 'status' | 'progress' | 'created_at' | 'updated_at'>;

/** A state that a job was seen in. */
export interface Sighting {
  /** RFC 3339 */
  readonly at: string;
  readonly status: Job['status'];
  readonly progress: number;
}

/** What is known of a job's course with one more look at it: its order, and each change that a look has found. */
export function addSighting(seen: readonly Sighting[], job: Job): readonly Sighting[] {
  const { status, progress, created_at: ordered, updated_at: at } = job;
  const before: readonly Sighting[] = seen.length > 0 ? seen : [{ at: ordered, status: 'queued', progress: 0 }];
  const last = before.at(-1);
  return last?.status === status && last.progress === progress ? before : [...before, { at, status, progress }];
}
