const paths: Readonly<Record<string, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'openai-embeddings': '/v1/embeddings',
  'openai-completions': '/v1/completions',
  anthropic: '/v1/messages',
  'anthropic-messages': '/v1/messages',
  spycore: '/v1/chat',
  'spycore-chat': '/v1/chat',
};

/** A request as a line for the shell. Its key stays a variable. */
export function asCurl(url: string, surface: string, body: unknown): string {
  const json = JSON.stringify(body).replaceAll("'", String.raw`'\''`);
  return [
    `curl ${url}${paths[surface] ?? '/v1/chat/completions'} \\`,
    '  -H "Authorization: Bearer $API_KEY" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d '${json}'`,
  ].join('\n');
}
