import type { DiscoveryOptions } from './discovery-options.ts';

/** How an agent gets access, step by step, true for what there is today: keys that a person makes. */
export function authMarkdown({ brand, publicUrl, scopes, surfaces }: DiscoveryOptions): string {
  const open = surfaces.filter(({ auth }) => auth !== 'key').map(({ path, title }) => `- \`${path}\`: ${title}`);
  return `# auth.md: access to ${brand.name}

This file tells an agent how to obtain and use credentials for ${publicUrl}.

## Discover

- Protected resource metadata (RFC 9728): [${publicUrl}/.well-known/oauth-protected-resource](${publicUrl}/.well-known/oauth-protected-resource), for MCP [with /mcp at its end](${publicUrl}/.well-known/oauth-protected-resource/mcp)
- The API: [${publicUrl}/openapi.json](${publicUrl}/openapi.json)
- A call that needs a credential and has none is answered with 401 and a \`WWW-Authenticate: Bearer\` header.

Open to everybody, under limits counted by address:

${open.join('\n')}

## Pick a method

| method | for | how it is sent |
| --- | --- | --- |
| none | the open addresses above | nothing |
| API key | everything under \`/v1\` | \`Authorization: Bearer YOUR_KEY\` |
| session token | the account of a person under \`/account\` | \`Authorization: Bearer TOKEN\`, good for 15 minutes |

## Register

A person signs up with \`POST ${publicUrl}/auth/sign-up/email\` (\`email\`, \`name\`, \`password\`) and confirms the link in the mail. No card is needed; the trial begins by itself. An agent cannot confirm a mailbox that it cannot read: ask the person to do this step.

## Claim

The person signs in with \`POST ${publicUrl}/auth/sign-in/email\` and makes a key with \`POST ${publicUrl}/account/v1/keys\` (\`name\`, and \`scopes\` if fewer than usual are wanted: ${scopes.map((scope) => `\`${scope}\``).join(', ')}). The key is shown once, in that answer. The person hands it to the agent in a way that leaves no trace in a conversation: an environment variable or a secret store.

## Exchange

Keys are not exchanged: they are sent as they are. A person's session is exchanged for a short token with \`GET ${publicUrl}/auth/token\`.

## Use

\`\`\`sh
curl ${publicUrl}/v1/models -H "Authorization: Bearer $API_KEY"
\`\`\`

Keys have scopes; a key without the one that is needed is answered with 403. Limits are told by \`RateLimit\` headers in every answer.

## Errors

| status | code | what to do |
| --- | --- | --- |
| 401 | \`INVALID_API_KEY\` | send a complete key, or ask for a new one |
| 401 | \`EXPIRED_API_KEY\`, \`EXPIRED_TOKEN\` | get a new one |
| 403 | \`INSUFFICIENT_SCOPE\` | use a key with the scope that the message names |
| 429 | \`RATE_LIMIT_EXCEEDED\` | wait for the seconds of \`Retry-After\` |

All codes: [${publicUrl}/developers/errors](${publicUrl}/developers/errors.md)

## Revocation

The person revokes a key with \`DELETE ${publicUrl}/account/v1/keys/{id}\`, or replaces it with \`POST ${publicUrl}/account/v1/keys/{id}/rotate\`. Every process refuses a revoked key within a second. A key that was seen by others should be revoked at once.
`;
}
