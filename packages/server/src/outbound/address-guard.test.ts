import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAddressGuard, createNetworkGuard } from './address-guard.ts';

const guard = createAddressGuard([]);

describe('an address', () => {
  test.each([
    ...[
      '127.0.0.1',
      '127.8.9.1',
      '0.0.0.0',
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.169.254',
    ],
    ...['100.64.0.1', '192.0.2.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::1', '::', 'fd00::1', 'fe80::1'],
    ...[
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '::ffff:7f00:1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      'ff02::1',
      'nonsense',
    ],
  ])('of no public network is refused: %s', (address) => {
    expect(guard(address)).toBe(false);
  });

  test.each(['8.8.8.8', '172.15.0.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'of the public internet passes: %s',
    (address) => {
      expect(guard(address)).toBe(true);
    },
  );

  test('of an allowed network passes, its neighbours do not', () => {
    const open = createAddressGuard(['10.1.0.0/16', 'fd12::/32', '127.0.0.1']);
    expect(['10.1.2.3', 'fd12::5', '127.0.0.1', '::ffff:10.1.2.3'].map(open)).toEqual([true, true, true, true]);
    expect(['10.2.0.1', 'fd13::5', '127.0.0.2'].map(open)).toEqual([false, false, false]);
  });

  test('is judged the same in its own form and mapped into IPv6', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(guard(`::ffff:${address}`)).toBe(guard(address));
      }),
    );
  });
});

test('only addresses of named networks pass a guard of networks', () => {
  const inside = createNetworkGuard(['10.1.0.0/16', '::1']);
  expect(['10.1.2.3', '::ffff:10.1.2.3', '::1'].map(inside)).toEqual([true, true, true]);
  expect(['8.8.8.8', '10.2.0.1', '2606:4700::1111', 'nonsense'].map(inside)).toEqual([false, false, false, false]);
  expect(createNetworkGuard([])('8.8.8.8')).toBe(false);
});
