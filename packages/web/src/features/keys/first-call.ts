import type { ConsoleConfig } from '../../api/console-config.ts';

/** The model that a first call is shown with: one that chats and that the key may call. */
export function modelToTry(config: ConsoleConfig, allowed: readonly string[] | null): string {
  const chatting = config.models.filter(
    ({ id, capabilities }) => capabilities.includes('chat') && (allowed === null || allowed.includes(id)),
  );
  return (chatting[0] ?? config.models[0])?.id ?? 'model';
}

/** A request for the terminal. @param key the secret, or the name of a variable that holds it */
export function curlOf(config: ConsoleConfig, key: string, model: string): string {
  return [
    `curl ${config.public_url}/v1/chat/completions \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    '  -H "Content-Type: application/json" \\',
    `  -d '{"model":"${model}","messages":[{"role":"user","content":"Hello!"}]}'`,
  ].join('\n');
}
