/** The secret of an Authorization: Bearer header (RFC 6750 §2.1); undefined when there is none. */
export function bearerSecret(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const match = /^bearer +(\S+) *$/i.exec(authorization);
  return match?.[1];
}
