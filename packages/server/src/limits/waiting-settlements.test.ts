import { expect, test } from 'vitest';
import { createWaitingSettlements, type Settlement } from './waiting-settlements.ts';

const settlement = (id: string): Settlement => ({ reservation: { id, held: [] }, actual: 1, abandoned: false });

test('what waits is settled in its order, once', async () => {
  const waiting = createWaitingSettlements();
  for (const id of ['a', 'b', 'c']) waiting.add(settlement(id));
  const settled: string[] = [];
  const settle = ({ reservation }: Settlement) => {
    settled.push(reservation.id);
    return Promise.resolve();
  };
  await waiting.settleAll(settle);
  await waiting.settleAll(settle);
  expect(settled).toEqual(['a', 'b', 'c']);
});

test('one that always fails is given up after its tries and does not keep the others', async () => {
  const waiting = createWaitingSettlements({ size: 10, tries: 3 });
  for (const id of ['bad', 'a', 'b']) waiting.add(settlement(id));
  const tried: string[] = [];
  const settle = ({ reservation }: Settlement) => {
    tried.push(reservation.id);
    return reservation.id === 'bad' ? Promise.reject(new Error('no')) : Promise.resolve();
  };
  for (let round = 0; round < 5; round += 1) await waiting.settleAll(settle);
  expect(tried).toEqual(['bad', 'a', 'b', 'bad', 'bad']);
});

test('no more wait than the bound says', async () => {
  const waiting = createWaitingSettlements({ size: 2, tries: 3 });
  for (const id of ['a', 'b', 'c']) waiting.add(settlement(id));
  const settled: string[] = [];
  await waiting.settleAll(({ reservation }) => {
    settled.push(reservation.id);
    return Promise.resolve();
  });
  expect(settled).toEqual(['a', 'b']);
});
