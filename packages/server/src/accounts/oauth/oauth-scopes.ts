import { mayDo, type Role } from '../roles.ts';
import type { Scope } from '../../keys/key.ts';

/** What tokens may be asked for: the scopes of keys, in the order in which people are shown them. */
export const tokenScopes = [
  'chat',
  'models',
  'embeddings',
  'files',
  'provider_keys',
] as const satisfies readonly Scope[];
/** With it a client is given a token to get new ones with. */
export const offlineScope = 'offline_access';

export function isTokenScope(name: string): name is Scope {
  return (tokenScopes as readonly string[]).includes(name);
}

/** What a member can do with the API, and so what a token in his name can: never more than a key he could make. */
export function scopesOfRole(role: Role): ReadonlySet<Scope> {
  const scopes = new Set<Scope>(['models']);
  if (mayDo(role, 'keys:write')) for (const scope of ['chat', 'embeddings', 'files'] as const) scopes.add(scope);
  if (mayDo(role, 'provider_keys:write')) scopes.add('provider_keys');
  return scopes;
}

/** The scopes of a token that its holder's role still covers. */
export function grantedScopes(asked: readonly string[], role: Role): ReadonlySet<Scope> {
  const own = scopesOfRole(role);
  return new Set(asked.filter(isTokenScope).filter((scope) => own.has(scope)));
}
