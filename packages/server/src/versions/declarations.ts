import { agentEndpoints } from './changes/agent-endpoints.ts';
import { askTokenEvents } from './changes/ask-token-events.ts';
import { errorGuidance } from './changes/error-guidance.ts';
import { errorRequestId } from './changes/error-request-id.ts';
import type { VersionDeclaration } from './version-change.ts';

/** Every contract this server speaks, oldest first. A new one is an entry here and a module for each change. */
export const versionDeclarations: readonly VersionDeclaration[] = [
  {
    version: '2026-01-15',
    status: 'supported',
    publishedAt: '2026-01-15',
    deprecatedAt: '2026-05-18',
    summary: 'The first dated contract.',
    changes: [],
  },
  {
    version: '2026-05-18',
    status: 'supported',
    publishedAt: '2026-05-18',
    summary: 'Jobs, tools, capabilities, token events and errors that guide.',
    changes: [agentEndpoints, askTokenEvents, errorGuidance],
  },
  {
    version: '2026-11-02-preview',
    status: 'preview',
    publishedAt: '2026-11-02',
    summary: 'What comes next. It may change or be withdrawn without notice.',
    changes: [errorRequestId],
  },
];
