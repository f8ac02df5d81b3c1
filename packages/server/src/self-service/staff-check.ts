import type { FastifyRequest } from 'fastify';
import type { Person } from '../accounts/membership-store.ts';
import { readSignIn } from '../accounts/sign-in.ts';
import { AppError } from '../errors.ts';
import { fetchHeaders } from '../http/fetch-bridge.ts';
import { requireOwnOrigin, type AccountContext } from './account-route.ts';

/**
 * Somebody of the vendor's staff, by the session of the console; undefined: nobody has signed in here.
 * @throws AppError FORBIDDEN_ORIGIN, EXPIRED_TOKEN
 */
export async function staffOf(context: AccountContext, request: FastifyRequest): Promise<Person | undefined> {
  try {
    const signedIn = await readSignIn(context.auth, fetchHeaders(request), context.clock.now());
    if (!context.staff.isMember(signedIn.person)) return undefined;
    requireOwnOrigin(request, signedIn, context.publicUrl);
    return signedIn.person;
  } catch (error) {
    if (error instanceof AppError && error.code === 'INVALID_SESSION') return undefined;
    throw error;
  }
}
