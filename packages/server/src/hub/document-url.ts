/**
 * Where a document of the project is served.
 * @param source its path from the project's root, perhaps with a fragment: `docs/guide/limits.md#plans`
 * @returns undefined when it is not served
 */
export function documentUrl(publicUrl: string, source: string): string | undefined {
  const [, page, fragment = ''] = /^docs\/(?:guide\/)?([a-z0-9-]+)\.md(#.*)?$/.exec(source) ?? [];
  if (page !== undefined) return `${publicUrl}/developers/${page}${fragment}`;
  const [, own, part = ''] = /^presets\/[^/]+\/content\/pages\/([a-z0-9-]+)\.md(#.*)?$/.exec(source) ?? [];
  if (own === undefined) return undefined;
  return `${publicUrl}/${own === 'index' ? '' : own}${part}`;
}
