/**
 * Where a document of the project is served.
 * @param source its path from the project's root, perhaps with a fragment: `docs/guide/limits.md#plans`
 * @returns undefined when it is not served
 */
export function documentUrl(publicUrl: string, source: string): string | undefined {
  const page = /^docs\/(?:guide\/)?([a-z0-9-]+\.md(?:#.*)?)$/.exec(source)?.[1];
  return page === undefined ? undefined : `${publicUrl}/developers/${page}`;
}
