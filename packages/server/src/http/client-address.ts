import { BlockList, isIP } from 'node:net';

/**
 * Who is really calling: the peer, unless the peer is a trusted proxy; then the right-most address of
 * X-Forwarded-For that is not one. An untrusted peer's header is never believed.
 * @param trusted addresses or CIDR blocks
 */
export function createClientAddress(
  trusted: readonly string[],
): (peer: string, forwardedFor: string | undefined) => string {
  const proxies = new BlockList();
  for (const entry of trusted) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string) =>
    isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  const plain = (address: string) =>
    address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
  return (peer, forwardedFor) => {
    let current = plain(peer);
    if (forwardedFor === undefined || trusted.length === 0) return current;
    const hops = forwardedFor
      .split(',')
      .map((hop) => plain(hop.trim()))
      .reverse();
    for (const hop of hops) {
      if (!isTrusted(current) || isIP(hop) === 0) break;
      current = hop;
    }
    return current;
  };
}
