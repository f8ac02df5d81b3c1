import type { Schema } from '../../api/client.ts';
import type { Tone } from '../../ui/badge.tsx';

export type Job = Schema<'OwnJob'>;
export type JobStatus = Job['status'];

export const jobStatuses: readonly JobStatus[] = ['queued', 'running', 'succeeded', 'failed', 'cancelled'];

export const jobTones: Readonly<Record<JobStatus, Tone>> = {
  queued: 'neutral',
  running: 'warn',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'neutral',
};

export function isOver({ status }: Pick<Job, 'status'>): boolean {
  return status !== 'queued' && status !== 'running';
}
