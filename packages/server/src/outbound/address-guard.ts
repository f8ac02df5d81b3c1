import { BlockList, isIP } from 'node:net';

/** Ranges that are not the public internet (IANA special-purpose registries, RFC 6890 and its updates). */
const notPublic4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** The translating ranges are refused whole: an IPv4 address of a private network may stand in them. */
const notPublic6 = [
  '::/96',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

const notPublic = { ipv4: blockList(notPublic4), ipv6: blockList(notPublic6) };
const mappedPrefix = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** May a server that somebody named be asked at this address? */
export type AddressGuard = (address: string) => boolean;

function isIn(given: string, judge: (address: string, name: 'ipv4' | 'ipv6') => boolean): boolean {
  const address = mappedPrefix.exec(given)?.[1] ?? given;
  const family = isIP(address);
  return family !== 0 && judge(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Keeps requests to servers that others name out of private networks.
 * @param allowedNetworks addresses and networks (`10.1.0.0/16`) that may be asked all the same
 */
export function createAddressGuard(allowedNetworks: readonly string[]): AddressGuard {
  const allowed = blockList(allowedNetworks);
  return (given) =>
    isIn(given, (address, name) => allowed.check(address, name) || !notPublic[name].check(address, name));
}

/** Lets through the addresses of these networks only. */
export function createNetworkGuard(networks: readonly string[]): AddressGuard {
  const list = blockList(networks);
  return (given) => isIn(given, (address, name) => list.check(address, name));
}
