import type { AsyncJob } from '../../../jobs/async-job.ts';

/** A job as S1's AsyncJob. @param documentationUrl page of the error codes */
export function jobView(job: AsyncJob, documentationUrl: string): Readonly<Record<string, unknown>> {
  const isLost = job.status === 'failed' || job.status === 'cancelled';
  return {
    job_id: job.id,
    type: job.type,
    status: job.status,
    progress: job.progress,
    result_url: isLost ? null : `/api/jobs/${job.id}`,
    result: job.result,
    error:
      job.error === null
        ? null
        : { error: { ...job.error, documentation_url: `${documentationUrl}#${job.error.code.toLowerCase()}` } },
    created_at: job.createdAt.toISOString(),
    updated_at: job.updatedAt.toISOString(),
    expires_at: job.expiresAt?.toISOString() ?? null,
  };
}
