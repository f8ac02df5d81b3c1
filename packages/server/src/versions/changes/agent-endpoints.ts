import type { VersionChange } from '../version-change.ts';

export const agentEndpoints: VersionChange = {
  id: 'agent-endpoints',
  title: 'Jobs, tools and capabilities',
  description:
    'New endpoints: asynchronous jobs (`/api/jobs.php`, `/api/jobs/{id}`), tools in the dialects of four vendors (`/api/tools.php`, `/api/tools/call`), the index of capabilities (`/api/capabilities.php`), and a second discovery path (`/.well-known/mcp.json`).',
  migration: 'Nothing has to change. Requests pinned to an older version find 404 at these paths.',
  addedRoutes: [
    '/api/jobs.php',
    '/api/jobs',
    '/api/jobs/{id}',
    '/api/tools.php',
    '/api/tools/call',
    '/api/capabilities.php',
    '/.well-known/mcp.json',
  ],
};
