import { describe, expect, test } from 'vitest';
import { actions, actionsOf, mayAssign, mayDo, roles } from './roles.ts';

describe('a role', () => {
  test.each([
    ['viewer', ['usage:read', 'keys:read', 'provider_keys:read', 'webhooks:read', 'members:read', 'settings:read']],
    ['billing', ['usage:read', 'keys:read', 'members:read', 'billing:read', 'billing:write', 'settings:read']],
    [
      'developer',
      [
        ...['usage:read', 'keys:read', 'keys:write', 'provider_keys:read', 'content:read', 'content:write'],
        ...['webhooks:read', 'webhooks:write', 'members:read', 'settings:read'],
      ],
    ],
    ['admin', actions.filter((action) => action !== 'owners:write' && action !== 'organization:delete')],
    ['owner', [...actions]],
  ] as const)('%s may do just this', (role, allowed) => {
    expect(actionsOf(role)).toEqual(actions.filter((action) => (allowed as readonly string[]).includes(action)));
  });

  test('that may write may read', () => {
    for (const role of roles)
      for (const action of actions) {
        const read = action.replace(':write', ':read') as (typeof actions)[number];
        if (mayDo(role, action) && actions.includes(read)) expect(mayDo(role, read)).toBe(true);
      }
  });
});

describe('nobody', () => {
  test('gives or takes a rank above the own one, and only owners touch owners', () => {
    for (const by of roles)
      for (const from of [undefined, ...roles])
        for (const to of [undefined, ...roles]) {
          const touchesOwner = from === 'owner' || to === 'owner';
          expect(mayAssign(by, from, to), `${by}: ${from ?? 'none'} to ${to ?? 'none'}`).toBe(
            by === 'owner' || (by === 'admin' && !touchesOwner),
          );
        }
  });
});
