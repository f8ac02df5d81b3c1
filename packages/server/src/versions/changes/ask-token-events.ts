import type { VersionChange } from '../version-change.ts';

export const askTokenEvents: VersionChange = {
  id: 'ask-token-events',
  title: 'Token events in `ask` streams',
  description: 'A streamed answer of `/api/ask.php` now brings `token` events between `start` and `result`.',
  migration:
    'Append the text of `token` events as they come, or pass over events you do not know: `result` still holds the whole answer.',
  routes: ['/api/ask.php', '/ask'],
  downgradeEvent: (event) => (event.name === 'token' ? undefined : event),
};
