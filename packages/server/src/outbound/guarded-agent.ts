import { lookup as resolve, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent } from 'undici';
import type { AddressGuard } from './address-guard.ts';

/** A name stands for an address that the guard does not let through. */
export class ForbiddenAddress extends Error {
  readonly code = 'FORBIDDEN_ADDRESS';
}

/**
 * Resolves a name and judges what comes out, in the very step that connects: a name that changes its address between a
 * check and the connection cannot pass.
 */
function guardedLookup(guard: AddressGuard): LookupFunction {
  return (hostname, options, callback) => {
    const { all: _all, ...rest } = options;
    resolve(hostname, { ...rest, all: true }, (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => {
      const first = error === null ? found[0] : undefined;
      if (first === undefined) {
        callback(error ?? new Error('the name has no address'), '', 0);
      } else if (!found.every(({ address }) => guard(address))) {
        callback(new ForbiddenAddress('the address is not public'), '', 0);
      } else if (options.all === true) {
        callback(null, found);
      } else callback(null, first.address, first.family);
    });
  };
}

/** Connections to servers that others name. An address without a name is not looked up: the caller judges it. */
export function createGuardedAgent(guard: AddressGuard): Agent {
  return new Agent({ connect: { lookup: guardedLookup(guard), timeout: 5_000 }, pipelining: 1 });
}
