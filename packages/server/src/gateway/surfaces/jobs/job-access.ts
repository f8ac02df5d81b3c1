import type { Principal } from '../../../keys/key.ts';
import { requireScope } from '../../entitle.ts';

/**
 * What was asked in a job and what came of it is for whoever could have asked: every key and every address that ordered it,
 * but of an organisation's people only those whose role lets them call.
 * @throws AppError INSUFFICIENT_SCOPE
 */
export function requireJobAccess(principal: Principal): void {
  const isToken = principal.resourceMetadata !== undefined;
  if (isToken) requireScope(principal, 'chat');
}
