import { describe, expect, test } from 'vitest';
import { fromUpstreamStatus, parseRetryAfter, upstreamMessage } from './upstream-error.ts';

const nowMs = Date.UTC(2026, 0, 15, 12);
const from = (status: number, body?: unknown, retryAfter?: string) =>
  fromUpstreamStatus({ upstream: 'vendor', status, body, retryAfter, nowMs });

describe('an error of a model server', () => {
  test.each([
    [400, 'UPSTREAM_REJECTED', 400],
    [401, 'UPSTREAM_AUTH', 502],
    [402, 'UPSTREAM_AUTH', 502],
    [403, 'UPSTREAM_AUTH', 502],
    [404, 'UPSTREAM_ERROR', 502],
    [413, 'UPSTREAM_REJECTED', 400],
    [422, 'UPSTREAM_REJECTED', 400],
    [429, 'overloaded', 503],
    [500, 'UPSTREAM_ERROR', 502],
    [502, 'UPSTREAM_ERROR', 502],
    [503, 'overloaded', 503],
    [529, 'overloaded', 503],
    [302, 'UPSTREAM_ERROR', 502],
  ])('%i becomes %s, %i', (status, code, ours) => {
    const error = from(status);
    expect([error.code, error.definition.status]).toEqual([code, ours]);
  });

  test('says what was wrong with the request, but nothing of our credentials', () => {
    const body = { error: { message: 'Incorrect API key provided: sk-secret' } };
    expect(from(401, body).message).not.toContain('sk-secret');
    expect(from(500, body).message).not.toContain('sk-secret');
    expect(String(from(401, body).cause)).not.toContain('sk-secret');
    expect(from(400, { error: { message: 'seed: must be positive' } }).message).toContain('seed: must be positive');
    expect(from(400, '<html>').message).toContain('it gave no reason');
  });

  test('passes Retry-After on, and has one of its own where there is none', () => {
    expect(from(429, {}, '7').retryAfterSeconds).toBe(7);
    expect(from(429, {}, 'soon').retryAfterSeconds).toBe(2);
    expect(from(503).retryAfterSeconds).toBe(2);
    expect(from(500, {}, '7').retryAfterSeconds).toBeUndefined();
  });
});

test.each([
  [undefined, undefined],
  ['', undefined],
  ['0', 1],
  ['120', 120],
  ['-5', 1],
  ['Thu, 15 Jan 2026 12:00:30 GMT', 30],
  ['Thu, 15 Jan 2026 11:00:00 GMT', 1],
  ['never', undefined],
])('Retry-After %j means %j seconds', (value, seconds) => {
  expect(parseRetryAfter(value, nowMs)).toBe(seconds);
});

test.each([
  [{ error: { message: 'a' } }, 'a'],
  [{ error: 'b' }, 'b'],
  [{ message: 'c' }, 'c'],
  [{ detail: 'd' }, 'd'],
  [{ detail: [{ msg: 'x' }] }, undefined],
  [{ error: null, message: '' }, undefined],
  ['text', undefined],
  [null, undefined],
  [{ error: 'x'.repeat(1000) }, 'x'.repeat(500)],
])('of the body %j the message is %j', (body, message) => {
  expect(upstreamMessage(body)).toBe(message);
});
