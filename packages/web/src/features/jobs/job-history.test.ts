import { expect, test } from 'vitest';
import { addSighting, type Sighting } from './job-history.ts';

const job = (status: Sighting['status'], progress: number, second: number) => ({
  ...{ status, progress, created_at: '2026-11-24T09:00:00Z' },
  updated_at: `2026-11-24T09:00:0${String(second)}Z`,
});

test('begins with the order, tells every change once, and what it was when', () => {
  const looks = [job('running', 10, 1), job('running', 10, 1), job('running', 60, 3), job('succeeded', 100, 4)];
  const seen = looks.reduce<readonly Sighting[]>(addSighting, []);
  expect(seen.map(({ status, progress, at }) => [status, progress, at.slice(17, 19)])).toEqual([
    ['queued', 0, '00'],
    ['running', 10, '01'],
    ['running', 60, '03'],
    ['succeeded', 100, '04'],
  ]);
});

test('a job that waits has been ordered and nothing else', () => {
  expect(addSighting([], job('queued', 0, 0))).toHaveLength(1);
});
