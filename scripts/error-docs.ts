import { errorAdvice } from '../packages/contract/src/error-advice.ts';
import { errorCodes, type ErrorCode, type ErrorDefinition } from '../packages/contract/src/error-codes.ts';

const introduction = `# Errors

<!-- Made from packages/contract/src/error-codes.ts and error-advice.ts by scripts/write-error-docs.ts: change those. -->

## What an error looks like

An error has an HTTP status and a JSON body:

\`\`\`json
{
  "error": {
    "message": "A limit of the plan is used up for now. Retry in 18 seconds.",
    "type": "rate_limit",
    "param": null,
    "code": "RATE_LIMIT_EXCEEDED",
    "retry_after": 18,
    "documentation_url": "http://127.0.0.1:8420/developers/errors#rate_limit_exceeded"
  }
}
\`\`\`

\`message\` is for people and may change; decide by \`code\`, or by \`type\` and the status. \`param\` names the field at fault.
Every response has an \`x-request-id\` header: quote it when you ask for help.

## When to retry

The header \`x-should-retry\` says whether the same request may succeed later; OpenAI's clients obey it. If there is a
\`Retry-After\`, wait for so many seconds. Otherwise retry after 1 second, then 2, then 4, with a little random time added, and
give up after a few attempts. A request that was answered with a 4xx other than 408 and 429 fails again until it is changed.

## All error codes
`;

const entries = (): [ErrorCode, ErrorDefinition][] =>
  Object.keys(errorCodes).map((code) => [code as ErrorCode, errorCodes[code as ErrorCode]]);

function section([code, { status, type, retry, title }]: [ErrorCode, ErrorDefinition]): string {
  return `### ${code}\n\n${title}: \`${code}\` has status ${String(status)} and type \`${type}\`. ${retry ? 'The same request may be sent again.' : 'Sending the same request again does not help.'}\n\n${errorAdvice[code]}\n`;
}

/** The page docs/guide/errors.md. Each code has a heading of its own, whose anchor is the code in lower case. */
export function errorDocs(): string {
  const rows = entries().map(
    ([code, { status, type, retry, title }]) =>
      `| [\`${code}\`](#${code.toLowerCase()}) | ${String(status)} | \`${type}\` | ${retry ? 'yes' : 'no'} | ${title} |`,
  );
  const table = ['| code | status | type | retry | meaning |', '|---|---|---|---|---|', ...rows].join('\n');
  return `${introduction}\n${table}\n\n${entries().map(section).join('\n')}`;
}
