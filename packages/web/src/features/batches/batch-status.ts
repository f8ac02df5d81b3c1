import type { Schema } from '../../api/client.ts';
import type { Tone } from '../../ui/badge.tsx';

export type Batch = Schema<'Batch'>;
export type BatchStatus = Batch['status'];

export const batchStatuses: readonly BatchStatus[] = [
  ...(['validating', 'in_progress', 'finalizing', 'completed'] as const),
  ...(['failed', 'expired', 'cancelling', 'cancelled'] as const),
];

export const batchTones: Readonly<Record<BatchStatus, Tone>> = {
  validating: 'neutral',
  in_progress: 'warn',
  finalizing: 'warn',
  completed: 'good',
  failed: 'bad',
  expired: 'bad',
  cancelling: 'warn',
  cancelled: 'neutral',
};

export const endpoints = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/embeddings',
  '/v1/completions',
  '/v1/moderations',
] as const;
export type Endpoint = (typeof endpoints)[number];

/** Nothing more will come of it. */
export function isOver({ status }: Pick<Batch, 'status'>): boolean {
  return ['completed', 'failed', 'expired', 'cancelled'].includes(status);
}

export function canCancel({ status }: Pick<Batch, 'status'>): boolean {
  return status === 'validating' || status === 'in_progress';
}
