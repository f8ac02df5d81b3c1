/** Places of this server that may be returned to after signing in. */
const allowed = [/^\/console(?:[/?#]|$)/, /^\/auth\/oauth2\//, /^\/oauth\//];

/**
 * Where to go after signing in: a path of this server, nothing else.
 * @param wanted as it stood in the address; anybody may have written it
 */
export function safeReturnPath(wanted: unknown): string {
  const home = '/console/';
  if (typeof wanted !== 'string' || !wanted.startsWith('/')) return home;
  let url: URL;
  try {
    // A browser reads `//`, `/\` and tabs between as another host; so does this.
    url = new URL(wanted, 'https://own.invalid');
  } catch {
    return home;
  }
  if (url.origin !== 'https://own.invalid') return home;
  const path = `${url.pathname}${url.search}${url.hash}`;
  return allowed.some((place) => place.test(path)) ? path : home;
}
