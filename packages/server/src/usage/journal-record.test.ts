import fc from 'fast-check';
import { expect, test } from 'vitest';
import { usageEvent, usageOpen } from '../testing/usage-events.ts';
import { closeLength, closeLine, movedLine, openLine, parseLine, progressLine } from './journal-record.ts';
import { costNanos } from './usage-event.ts';

const reservation = {
  id: 'reservation',
  held: [
    {
      limit: { name: 'tpm', counts: 'tokens' as const, window: 'minute' as const, quota: 40_000, subject: 'key_1' },
      windowStartMs: 60_000,
      amount: 1_010,
    },
  ],
};

test('an open record reads back as it was written, whatever its texts hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.boolean(), (model, requestId, isReserved) => {
      const open = usageOpen({ model, requestId, ...(isReserved ? { reservation } : {}) });
      expect(parseLine(openLine(open).trimEnd())).toEqual({ kind: 'open', open });
    }),
  );
});

test('a record is one line, whatever its texts hold', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = openLine(usageOpen({ model: `\n${text}\n` })) + closeLine(usageEvent(usageOpen({ target: text })));
      expect(line.split('\n')).toHaveLength(3);
    }),
  );
});

test('a close, progress and moved record read back', () => {
  const event = usageEvent(usageOpen({ reservation }));
  expect(parseLine(closeLine(event).trimEnd())).toEqual({ kind: 'close', id: event.id });
  expect(JSON.parse(closeLine(event))).toHaveLength(closeLength);
  expect(parseLine(progressLine('a', 7, 9).trimEnd())).toEqual({
    kind: 'progress',
    id: 'a',
    completionTokens: 7,
    atMs: 9,
  });
  expect(parseLine(movedLine(['a', 'b']).trimEnd())).toEqual({ kind: 'moved', ids: ['a', 'b'] });
});

test('a torn line is no record, wherever it is torn', () => {
  const open = usageOpen({ reservation });
  for (const line of [
    openLine(open),
    closeLine(usageEvent(open)),
    progressLine(open.id, 1, 2),
    movedLine(['a', 'b']),
  ]) {
    for (let length = 0; length < line.length - 1; length += 1) {
      expect(parseLine(line.slice(0, length))).toBeUndefined();
    }
  }
});

test('what is not of this journal is no record', () => {
  for (const line of [
    '',
    '{}',
    '[]',
    'null',
    '["x"]',
    '["o",1]',
    '["c","id"]',
    '["p","id","1",2]',
    '["m",1]',
    '\0\0\0',
  ]) {
    expect(parseLine(line)).toBeUndefined();
  }
});

test('cached prompt tokens have their own price, test keys none', () => {
  const tokens = { promptTokens: 100, cachedTokens: 40, completionTokens: 10, reasoningTokens: 0 };
  expect(costNanos(usageOpen(), tokens)).toBe(60 * 100 + 40 * 50 + 10 * 300);
  expect(costNanos(usageOpen({ mode: 'test' }), tokens)).toBe(0);
});
