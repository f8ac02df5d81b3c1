import { APIError } from 'better-auth/api';
import type { Database } from '../postgres/database.ts';
import { ownedAlone, paidAlone } from './leave-on-deletion.ts';

/** An account is not deleted while others would be left without an owner, or its organisation would go on paying. */
export async function requireDeletable(database: Database, userId: string): Promise<void> {
  const alone = await ownedAlone(database, userId);
  if (alone.length > 0)
    throw new APIError('CONFLICT', {
      code: 'LAST_OWNER',
      message: `You alone own ${alone.join(', ')}. Make somebody else an owner, or remove the other members first.`,
    });
  const paid = await paidAlone(database, userId);
  if (paid.length > 0)
    throw new APIError('CONFLICT', {
      code: 'SUBSCRIPTION_RUNNING',
      message: `The subscription of ${paid.join(', ')} goes on. Cancel it under Billing first.`,
    });
}
