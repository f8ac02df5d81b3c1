import { isLedgerSurface } from '@turnpike/contract/ledger-surfaces';
import { shellQuote } from '../../code/shell-quote.ts';
import { callOf } from './surface-calls.ts';

/**
 * A request as a line for the shell. Its key stays a variable.
 * @param body as it was kept; undefined: it was not, and `note` says so in its place
 * @returns undefined for a way onto the road that this console does not know
 */
export function asCurl(
  url: string,
  request: { readonly surface: string; readonly model: string; readonly body: unknown },
  note: string,
): string | undefined {
  const { surface, model, body } = request;
  if (!isLedgerSurface(surface)) return undefined;
  const { path, headers, wrap, placeholder } = callOf(surface, body);
  const given = body ?? placeholder(model, note);
  return [
    `curl ${url}${path} \\`,
    ...[...headers, 'Content-Type: application/json'].map((header) => `  -H "${header}" \\`),
    `  -d ${shellQuote(JSON.stringify(wrap === undefined ? given : wrap(given)))}`,
  ].join('\n');
}
