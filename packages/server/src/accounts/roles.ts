/** What a member of an organisation may be. */
export const roles = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** What can be done for an organisation; the console and its API ask for these, never for roles. */
export const actions = [
  'usage:read',
  'keys:read',
  'keys:write',
  'provider_keys:read',
  'provider_keys:write',
  'content:read',
  'content:write',
  'webhooks:read',
  'webhooks:write',
  'members:read',
  'members:write',
  'owners:write',
  'billing:read',
  'billing:write',
  'audit:read',
  'settings:read',
  'settings:write',
  'organization:delete',
] as const;
export type Action = (typeof actions)[number];

const everybody: readonly Action[] = ['usage:read', 'keys:read', 'members:read', 'settings:read'];
const building: readonly Action[] = [
  ...(['keys:write', 'provider_keys:read', 'content:read', 'content:write'] as const),
  ...(['webhooks:read', 'webhooks:write'] as const),
];
const paying: readonly Action[] = ['billing:read', 'billing:write'];
const leading: readonly Action[] = [
  ...building,
  ...paying,
  ...(['provider_keys:write', 'members:write', 'audit:read', 'settings:write'] as const),
];

const allowed: Readonly<Record<Role, ReadonlySet<Action>>> = {
  owner: new Set(actions),
  admin: new Set([...everybody, ...leading]),
  developer: new Set([...everybody, ...building]),
  billing: new Set([...everybody, ...paying]),
  viewer: new Set([...everybody, 'webhooks:read', 'provider_keys:read']),
};

export function isRole(name: string): name is Role {
  return (roles as readonly string[]).includes(name);
}

export function mayDo(role: Role, action: Action): boolean {
  return allowed[role].has(action);
}

export function actionsOf(role: Role): readonly Action[] {
  return actions.filter((action) => mayDo(role, action));
}

const rank: Readonly<Record<Role, number>> = { owner: 4, admin: 3, developer: 2, billing: 1, viewer: 0 };

/** Nobody raises another, or himself, above his own rank; only owners make, change and remove owners. */
export function mayAssign(by: Role, from: Role | undefined, to: Role | undefined): boolean {
  if (!mayDo(by, 'members:write')) return false;
  if (from === 'owner' || to === 'owner') return mayDo(by, 'owners:write');
  return rank[to ?? 'viewer'] <= rank[by] && rank[from ?? 'viewer'] <= rank[by];
}
