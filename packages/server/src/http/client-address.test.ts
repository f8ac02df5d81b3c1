import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClientAddress } from './client-address.ts';

describe('the address of the caller', () => {
  test('is the peer when no proxy is trusted, whatever the header says', () => {
    const addressOf = createClientAddress([]);
    expect(addressOf('203.0.113.9', undefined)).toBe('203.0.113.9');
    expect(addressOf('203.0.113.9', '1.2.3.4')).toBe('203.0.113.9');
  });

  test('is the peer when the peer is not a trusted proxy', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.oneof(fc.ipV4(), fc.string()), (peer, header) => {
        fc.pre(!peer.startsWith('10.'));
        expect(createClientAddress(['10.0.0.0/8'])(peer, header)).toBe(peer);
      }),
    );
  });

  test('is the right-most one that is no trusted proxy: what the client itself wrote does not count', () => {
    const addressOf = createClientAddress(['10.0.0.0/8', '192.0.2.1']);
    expect(addressOf('10.0.0.1', '198.51.100.7')).toBe('198.51.100.7');
    expect(addressOf('10.0.0.1', '6.6.6.6, 198.51.100.7')).toBe('198.51.100.7');
    expect(addressOf('10.0.0.1', '6.6.6.6, 198.51.100.7, 192.0.2.1,10.9.9.9')).toBe('198.51.100.7');
  });

  test('is the farthest trusted proxy when all are trusted', () => {
    expect(createClientAddress(['10.0.0.0/8'])('10.0.0.1', '10.0.0.3, 10.0.0.2')).toBe('10.0.0.3');
  });

  test('does not go past something that is no address', () => {
    const addressOf = createClientAddress(['10.0.0.0/8']);
    expect(addressOf('10.0.0.1', '1.2.3.4, unknown')).toBe('10.0.0.1');
    expect(addressOf('10.0.0.1', '1.2.3.4, ,10.0.0.2')).toBe('10.0.0.2');
    expect(addressOf('10.0.0.1', '')).toBe('10.0.0.1');
  });

  test('may be IPv6', () => {
    const addressOf = createClientAddress(['2001:db8:1::/48', '::1']);
    expect(addressOf('2001:db8:1::5', '2001:db8:2::7')).toBe('2001:db8:2::7');
    expect(addressOf('::1', '2001:db8:2::7, 2001:db8:1::9')).toBe('2001:db8:2::7');
    expect(addressOf('2001:db8:2::7', '1.2.3.4')).toBe('2001:db8:2::7');
  });

  test('is plain IPv4 where a dual-stack socket shows it mapped', () => {
    const addressOf = createClientAddress(['10.0.0.0/8']);
    expect(addressOf('::ffff:203.0.113.9', undefined)).toBe('203.0.113.9');
    expect(addressOf('::ffff:10.0.0.1', '::ffff:198.51.100.7')).toBe('198.51.100.7');
  });

  test('of a connection that is gone already is empty, and of a link-local peer keeps its zone', () => {
    const addressOf = createClientAddress(['10.0.0.0/8', 'fe80::/10']);
    expect(addressOf('', '1.2.3.4')).toBe('');
    expect(addressOf('fe80::1%eth0', '198.51.100.7')).toBe('198.51.100.7');
  });

  test('never throws, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        expect(typeof createClientAddress(['10.0.0.0/8'])('10.0.0.1', header)).toBe('string');
      }),
    );
  });
});
