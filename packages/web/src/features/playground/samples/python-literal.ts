function constant(value: boolean | null): string {
  if (value === null) return 'None';
  return value ? 'True' : 'False';
}

/** A JSON value as Python writes it. @param indent of the line it begins on */
export function pythonLiteral(value: unknown, indent = ''): string {
  if (value === null || typeof value === 'boolean') return constant(value);
  // Every escape that JSON writes means the same in Python.
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}    `;
  const lines = Array.isArray(value)
    ? value.map((each: unknown) => pythonLiteral(each, inner))
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${pythonLiteral(each, inner)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return lines.length === 0
    ? `${open}${close}`
    : [open, ...lines.map((line) => `${inner}${line},`), `${indent}${close}`].join('\n');
}
