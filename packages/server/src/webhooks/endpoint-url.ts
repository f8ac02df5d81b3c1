import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError } from '../errors.ts';
import type { AddressGuard } from '../outbound/address-guard.ts';

export interface EndpointAddresses {
  /** Public addresses, and those of networks that the operator allows. */
  readonly mayAsk: AddressGuard;
  /** Only of networks that the operator allows: there plain http will do. */
  readonly isAllowed: AddressGuard;
}

function refused(message: string): AppError {
  return new AppError('INVALID_REQUEST', `url: ${message}`, { param: 'url' });
}

/** @throws AppError INVALID_REQUEST: not an address that events can be sent to */
function parseEndpointUrl(text: string): URL {
  if (!URL.canParse(text)) throw refused('is not an address such as https://example.com/webhooks.');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused('must begin with https://.');
  if (url.username !== '' || url.password !== '')
    throw refused('must hold no user name or password. Check the signature to know who sends.');
  if (url.hash !== '') throw refused('must have no fragment (#…).');
  return url;
}

/** An address that is connected to without a look-up, without the brackets of IPv6. */
export function literalAddress({ hostname }: URL): string | undefined {
  const literal = hostname.replace(/^\[|\]$/g, '');
  return isIP(literal) === 0 ? undefined : literal;
}

async function addressesOf(url: URL): Promise<readonly string[]> {
  const literal = literalAddress(url);
  if (literal !== undefined) return [literal];
  const found = await lookup(url.hostname, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

/**
 * Checks an address that somebody enters. It is judged again at each delivery: names change their addresses.
 * @returns it in its normal form
 * @throws AppError INVALID_REQUEST; a name that is unknown and one of a private network are answered alike
 */
export async function checkEndpointUrl(text: string, { mayAsk, isAllowed }: EndpointAddresses): Promise<string> {
  const url = parseEndpointUrl(text);
  const addresses = await addressesOf(url);
  if (addresses.length === 0 || !addresses.every(mayAsk))
    throw refused(`${url.hostname} has no public address that events can be sent to.`);
  if (url.protocol === 'http:' && !addresses.every(isAllowed))
    throw refused('must begin with https://: events hold what others should not read.');
  return url.href;
}
