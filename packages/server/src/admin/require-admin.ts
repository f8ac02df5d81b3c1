import { hash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../errors.ts';

/** Tells the operator's token. Compares hashes in constant time, so that neither length nor prefix shows. */
export function createTokenTest(adminToken: string): (token: string) => boolean {
  const expected = hash('sha256', adminToken, 'buffer');
  return (token) => timingSafeEqual(hash('sha256', token, 'buffer'), expected);
}

/** A check for the operator's token in an Authorization header. */
export function createAdminCheck(
  isAdminToken: (token: string) => boolean,
): (authorization: string | undefined) => undefined {
  return (authorization) => {
    const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (given !== undefined && isAdminToken(given)) return undefined;
    throw new AppError(
      'INVALID_ADMIN_TOKEN',
      'The admin token is missing or wrong. Send it as Authorization: Bearer TOKEN; it is TURNPIKE_ADMIN_TOKEN or the file admin-token in the data folder.',
      {
        headers: { 'www-authenticate': 'Bearer' },
      },
    );
  };
}
