import { hash, timingSafeEqual } from 'node:crypto';
import { AppError } from '../errors.ts';

/** A check for the operator's token. Compares hashes in constant time, so that neither length nor prefix shows. */
export function createAdminCheck(adminToken: string): (authorization: string | undefined) => void {
  const expected = hash('sha256', adminToken, 'buffer');
  return (authorization) => {
    const given = /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(hash('sha256', given, 'buffer'), expected)) return;
    throw new AppError(
      'INVALID_ADMIN_TOKEN',
      'The admin token is missing or wrong. Send it as Authorization: Bearer TOKEN; it is TURNPIKE_ADMIN_TOKEN or the file admin-token in the data folder.',
      {
        headers: { 'www-authenticate': 'Bearer' },
      },
    );
  };
}
