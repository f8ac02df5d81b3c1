/**
 * Puts the public model name where the upstream's stands, and leaves every other byte as it came. Quotes inside JSON
 * strings are escaped, so a bare match is structure; where it is not the only one, the object is written anew.
 * @param text the JSON text that `parsed` was read from
 */
export function renameModel(text: string, parsed: { readonly model?: unknown }, publicModel: string): string {
  const { model } = parsed;
  if (model === publicModel) return text;
  if (typeof model === 'string') {
    const needle = `"model":${JSON.stringify(model)}`;
    const at = text.indexOf(needle);
    if (at !== -1 && !text.includes(needle, at + 1))
      return `${text.slice(0, at)}"model":${JSON.stringify(publicModel)}${text.slice(at + needle.length)}`;
  }
  return JSON.stringify({ ...parsed, model: publicModel });
}
