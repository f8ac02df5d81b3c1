import { describe, expect, test } from 'vitest';
import { roles, type Role } from '../roles.ts';
import { coversResource } from './oauth-resources.ts';
import { grantedScopes, tokenScopes } from './oauth-scopes.ts';

describe('a token', () => {
  test.each<readonly [Role, readonly string[]]>([
    ['owner', ['chat', 'models', 'embeddings', 'files', 'provider_keys']],
    ['admin', ['chat', 'models', 'embeddings', 'files', 'provider_keys']],
    ['developer', ['chat', 'models', 'embeddings', 'files']],
    ['billing', ['models']],
    ['viewer', ['models']],
  ])('of a member who is %s may %j at most', (role, expected) => {
    expect(roles).toContain(role);
    expect([...grantedScopes(tokenScopes, role)]).toEqual(expected);
    expect([...grantedScopes(['chat', 'admin', 'offline_access'], role)]).toEqual(
      expected.filter((scope) => scope === 'chat'),
    );
  });

  const own = 'https://api.example';
  test.each<readonly [readonly string[], string, boolean]>([
    [[], '', true],
    [[], '/mcp', true],
    [[own], '', true],
    [[`${own}/`], '/mcp', true],
    [[`${own}/v1`], '', true],
    [[`${own}/v1`], '/mcp', false],
    [[`${own}/mcp`], '/mcp', true],
    [[`${own}/mcp`], '/mcp/docs', true],
    [[`${own}/mcp/docs`], '/mcp', false],
    [[`${own}/mcp`], '/api/mcp.php', false],
    [[`${own}/mcp`], '', false],
    [[`${own}.evil.example`], '', false],
    [['https://other.example/mcp', `${own}/mcp`], '/mcp', true],
  ])('for %j is good at %j: %s', (resources, path, expected) => {
    expect(coversResource(resources, own, path)).toBe(expected);
  });
});
