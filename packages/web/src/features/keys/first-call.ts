import type { ConsoleConfig } from '@turnpike/contract/console';

/** A request for the terminal, to a model that chats. @param key the secret, or what stands in its place */
export function curlOf({ public_url: url, models }: ConsoleConfig, key: string): string {
  const model = models.find(({ capabilities }) => capabilities.includes('chat')) ?? models[0];
  return [
    `curl ${url}/v1/chat/completions \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    '  -H "Content-Type: application/json" \\',
    `  -d '{"model":"${model?.id ?? 'model'}","messages":[{"role":"user","content":"Hello"}]}'`,
  ].join('\n');
}
