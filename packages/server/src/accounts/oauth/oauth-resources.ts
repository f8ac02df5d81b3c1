/** Paths of the protected resources that tokens are issued for (RFC 8707); empty: the whole API. */
export const resourcePaths = ['', '/v1', '/mcp', '/api/mcp.php', '/mcp/docs'] as const;

/** Every identifier a client may name: some clients write a bare origin with a slash at its end. */
export function resourceIdentifiers(publicUrl: string): string[] {
  return [...resourcePaths.map((path) => `${publicUrl}${path}`), `${publicUrl}/`];
}

/**
 * Is a token that was issued for these resources good at this one? A token is good at what it names and below; one that
 * names nothing is for the whole API.
 * @param path of what is called; empty: the API
 */
export function coversResource(resources: readonly string[], publicUrl: string, path: string): boolean {
  if (resources.length === 0) return true;
  return resources.some((resource) => {
    const own = resource.startsWith(publicUrl) ? resource.slice(publicUrl.length).replace(/\/$/, '') : undefined;
    if (own === undefined) return false;
    if (own === '' || own === path || path.startsWith(`${own}/`)) return true;
    // The road is one, under whichever path it is asked for.
    return own === '/v1' && path === '';
  });
}
