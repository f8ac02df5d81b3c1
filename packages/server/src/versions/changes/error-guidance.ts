import type { VersionChange } from '../version-change.ts';

export const errorGuidance: VersionChange = {
  id: 'error-guidance',
  title: 'Errors say when to retry and where to read on',
  description:
    'The error envelope is now a schema of its own, with `retry_after` (seconds) and `documentation_url` beside `message`, `type`, `param` and `code`.',
  migration: 'Read `error.retry_after` where you parsed the `Retry-After` header; both are sent.',
  downgradeError: ({ retry_after: _retryAfter, documentation_url: _documentationUrl, ...rest }) => rest,
};
