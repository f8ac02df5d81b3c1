import { expect, test } from 'vitest';
import { rawRoute, type HttpMethod } from './api-route.ts';
import { allowedMethods } from './path-methods.ts';

const route = (method: HttpMethod, path: string) =>
  rawRoute({
    method,
    path,
    operationId: `${method}${path}`,
    summary: '',
    tag: '',
    security: 'none',
    responses: {},
    handle: () => Promise.resolve(),
  });

const routes = [
  route('GET', '/a'),
  route('POST', '/a'),
  route('GET', '/a/{id}'),
  route('DELETE', '/a/{id}'),
  route('POST', '/a/{id}/b'),
  route('GET', '/x.php'),
  route('POST', '/only'),
];

test.each([
  ['/a', ['GET', 'HEAD', 'OPTIONS', 'POST']],
  ['/a/1', ['DELETE', 'GET', 'HEAD', 'OPTIONS']],
  ['/a/1/b', ['OPTIONS', 'POST']],
  ['/only', ['OPTIONS', 'POST']],
  ['/x.php', ['GET', 'HEAD', 'OPTIONS']],
  ['/xaphp', []],
  ['/a/', []],
  ['/a/1/', []],
  ['/a/1/2', []],
  ['/b', []],
  ['', []],
])('%s answers %j', (path, methods) => {
  expect(allowedMethods(routes, path)).toEqual(methods);
});
