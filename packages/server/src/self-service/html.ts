/** HTML that may be sent as it is. */
export interface Html {
  readonly html: string;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function textOf(value: string | Html | readonly Html[]): string {
  if (typeof value === 'string') return value.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
  return 'html' in value ? value.html : value.map(({ html }) => html).join('\n');
}

/** A template whose values are escaped, unless they are HTML already. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  const pieces = parts.map((part, index) => {
    const value = values[index];
    return value === undefined ? part : `${part}${textOf(value)}`;
  });
  return { html: pieces.join('') };
}

export const nothing: Html = { html: '' };
