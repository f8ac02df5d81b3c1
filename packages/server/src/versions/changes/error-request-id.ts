import type { VersionChange } from '../version-change.ts';

export const errorRequestId: VersionChange = {
  id: 'error-request-id',
  title: 'Errors carry the request id',
  description: 'The error envelope repeats the `x-request-id` header as `error.request_id`, inside streams too.',
  migration: 'Nothing has to change. Log `error.request_id` and name it when you ask for help.',
  downgradeError: ({ request_id: _requestId, ...rest }) => rest,
};
