import type { DiscoveryOptions } from './discovery-options.ts';

/** How an agent gets access, step by step, true for what there is today: OAuth for a person, or a key that one makes. */
export function authMarkdown({ brand, publicUrl, scopes, surfaces }: DiscoveryOptions): string {
  const open = surfaces.filter(({ auth }) => auth !== 'key').map(({ path, title }) => `- \`${path}\`: ${title}`);
  const names = scopes.map((scope) => `\`${scope}\``).join(', ');
  return `# auth.md: access to ${brand.name}

This file tells an agent how to obtain and use credentials for ${publicUrl}.

## Discover

- Protected resource metadata (RFC 9728): [${publicUrl}/.well-known/oauth-protected-resource](${publicUrl}/.well-known/oauth-protected-resource), for MCP [with /mcp at its end](${publicUrl}/.well-known/oauth-protected-resource/mcp)
- Authorization server metadata (RFC 8414): [${publicUrl}/.well-known/oauth-authorization-server/auth](${publicUrl}/.well-known/oauth-authorization-server/auth); the issuer is \`${publicUrl}/auth\`
- The API: [${publicUrl}/openapi.json](${publicUrl}/openapi.json)
- A call that needs a credential and has none is answered with 401 and a \`WWW-Authenticate: Bearer\` header.

Open to everybody, under limits counted by address:

${open.join('\n')}

## Pick a method

| method | for | how it is sent |
| --- | --- | --- |
| none | the open addresses above | nothing |
| OAuth 2.1 | acting for a person, who agrees in a browser | \`Authorization: Bearer oat_…\` |
| API key | everything under \`/v1\`, without a browser | \`Authorization: Bearer YOUR_KEY\` |
| session token | the account of a person under \`/account\`, and the API | \`Authorization: Bearer TOKEN\`, good for 15 minutes |

## Register

For OAuth, use as \`client_id\` the https address of a client id metadata document that you publish; nothing is registered then. Without one, register with \`POST ${publicUrl}/auth/oauth2/register\` (RFC 7591).

For a key, a person signs up with \`POST ${publicUrl}/auth/sign-up/email\` (\`email\`, \`name\`, \`password\`) and confirms the link in the mail. No card is needed; the trial begins by itself. An agent cannot confirm a mailbox that it cannot read: ask the person to do this step.

## Claim

OAuth: send the person to \`${publicUrl}/auth/oauth2/authorize\` with \`response_type=code\`, \`client_id\`, \`redirect_uri\`, \`scope\`, \`state\`, \`resource\`, \`code_challenge\` and \`code_challenge_method=S256\`. Scopes: ${names}, and \`offline_access\` for a refresh token. The person signs in, chooses an organisation and agrees; check \`state\` and \`iss\` in the answer.

Key: the person signs in with \`POST ${publicUrl}/auth/sign-in/email\` and makes a key with \`POST ${publicUrl}/account/v1/keys\` (\`name\`, and \`scopes\` if fewer than usual are wanted). The key is shown once, in that answer. The person hands it to the agent in a way that leaves no trace in a conversation: an environment variable or a secret store.

## Exchange

OAuth: \`POST ${publicUrl}/auth/oauth2/token\` with \`grant_type=authorization_code\`, \`code\`, \`redirect_uri\`, \`client_id\`, \`code_verifier\`; later with \`grant_type=refresh_token\`. Each refresh token is good once: keep the new one. One that is sent twice ends all tokens of its family.

Keys are not exchanged: they are sent as they are. A person's session is exchanged for a short token with \`GET ${publicUrl}/auth/token\`.

## Use

\`\`\`sh
curl ${publicUrl}/v1/models -H "Authorization: Bearer $API_KEY"
\`\`\`

Keys and tokens have scopes; without the one that is needed the answer is 403. A token is good at the \`resource\` it was asked for: \`${publicUrl}\` for everything, \`${publicUrl}/mcp\` for the MCP server only. Limits are told by \`RateLimit\` headers in every answer.

## Errors

| status | code | what to do |
| --- | --- | --- |
| 401 | \`INVALID_API_KEY\` | send a complete key, or ask for a new one |
| 401 | \`INVALID_TOKEN\` | authorize again, for the resource that the \`WWW-Authenticate\` header names |
| 401 | \`EXPIRED_API_KEY\`, \`EXPIRED_TOKEN\` | get a new one; for OAuth, with the refresh token |
| 403 | \`INSUFFICIENT_SCOPE\` | use a key with the scope that the message names, or authorize again and ask for it |
| 429 | \`RATE_LIMIT_EXCEEDED\` | wait for the seconds of \`Retry-After\` |

All codes: [${publicUrl}/developers/errors](${publicUrl}/developers/errors.md)

## Revocation

An application revokes its tokens with \`POST ${publicUrl}/auth/oauth2/revoke\` (RFC 7009). The person withdraws an application's access with \`DELETE ${publicUrl}/account/v1/applications/{id}\`, revokes a key with \`DELETE ${publicUrl}/account/v1/keys/{id}\`, or replaces it with \`POST ${publicUrl}/account/v1/keys/{id}/rotate\`. Every process refuses what was revoked within a second. A key that was seen by others should be revoked at once.
`;
}
