import { expect, test } from 'vitest';
import { usageEvent, usageOpen } from '../testing/usage-events.ts';
import { closeLine, openLine, parseLine, progressLine } from './journal-record.ts';
import { costNanos } from './usage-event.ts';

test('each kind of line reads back as it was written', () => {
  const open = usageOpen();
  const event = usageEvent(open);
  expect(parseLine(openLine(open).trimEnd())).toEqual({ kind: 'open', open });
  expect(parseLine(closeLine(event).trimEnd())).toEqual({ kind: 'close', event });
  expect(parseLine(progressLine('a', 7, 9).trimEnd())).toEqual({
    kind: 'progress',
    id: 'a',
    completionTokens: 7,
    atMs: 9,
  });
});

test('a torn line is no record, wherever it is torn', () => {
  const line = closeLine(usageEvent(usageOpen())).trimEnd();
  for (let length = 0; length < line.length; length += 1) expect(parseLine(line.slice(0, length))).toBeUndefined();
});

test('cached prompt tokens have their own price, test keys none', () => {
  const tokens = { promptTokens: 100, cachedTokens: 40, completionTokens: 10, reasoningTokens: 0 };
  expect(costNanos(usageOpen(), tokens)).toBe(60 * 100 + 40 * 50 + 10 * 300);
  expect(costNanos(usageOpen({ mode: 'test' }), tokens)).toBe(0);
});
