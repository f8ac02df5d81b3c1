import { isAlias, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { ConfigError } from './config-error.ts';
import { isConfigMap, type ConfigMap } from './overlay.ts';

/**
 * Parses the text of a configuration file, which must hold one map (an empty file is an empty map).
 * @param label the file as messages name it
 * @throws ConfigError with `file:line:column: reason`; the reason never quotes the file, which may hold secrets
 */
export function parseConfigYaml(text: string, label: string): ConfigMap {
  const lines = new LineCounter();
  const document = parseDocument(shieldReferences(text), {
    prettyErrors: false,
    stringKeys: true,
    lineCounter: lines,
    logLevel: 'error',
  });
  const fail = (offset: number, reason: string): never => {
    const { line, col } = lines.linePos(offset);
    throw new ConfigError(`${label}:${String(line)}:${String(col)}: ${reason}`);
  };
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken !== undefined) return fail(broken.pos[0], reasonOf(broken));
  const alias = badAlias(document);
  if (alias !== undefined) return fail(alias.offset, alias.reason);
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return {};
  const map = unshieldReferences(value);
  if (!isConfigMap(map)) return fail(document.contents?.range[0] ?? 0, 'the file must hold a map of settings');
  return map;
}

/*
 * In a flow map YAML would end a plain scalar at the `{` of `${NAME}`, so that `{ api_key: ${NAME} }` could not be
 * written without quotes. The braces of references are therefore swapped for private-use characters while parsing;
 * one character for one, so that lines and columns stay true.
 */
const openingBrace = '\uE000';
const closingBrace = '\uE001';

function shieldReferences(text: string): string {
  return text.replace(/\$\{([^{}\s"',]*)\}/g, `$$${openingBrace}$1${closingBrace}`);
}

function unshieldReferences(value: unknown): unknown {
  if (typeof value === 'string') return unshieldText(value);
  if (Array.isArray(value)) return value.map(unshieldReferences);
  if (!isConfigMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [unshieldText(key), unshieldReferences(item)]));
}

function unshieldText(text: string): string {
  return text.replace(/\$\uE000([^\uE000\uE001]*)\uE001/g, '$${$1}');
}

/** The library's reasons, less those parts that repeat what the file says. */
function reasonOf({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === 'TAG_RESOLVE_FAILED') return 'unknown tag (a value that starts with ! needs quotes)';
  if (code === 'BAD_DQ_ESCAPE') return 'unknown escape in a text in double quotes (a backslash is written \\\\)';
  if (code === 'MULTIPLE_DOCS') return 'the file must hold one document, so no second ---';
  return message
    .replace(/( token)? in YAML stream[^]*$/, ' here')
    .replace(/ includes extra characters: [^]*$/, ' includes extra characters');
}

function badAlias(document: Document.Parsed): { offset: number; reason: string } | undefined {
  let found: { offset: number; reason: string } | undefined;
  visit(document, (_key, node, ancestors) => {
    if (!isAlias(node)) return undefined;
    const target = node.resolve(document);
    const offset = node.range?.[0] ?? 0;
    if (target === undefined)
      found = { offset, reason: 'alias without an anchor before it (a value that starts with * needs quotes)' };
    else if (ancestors.includes(target)) found = { offset, reason: 'alias of a value that contains it' };
    return found === undefined ? undefined : visit.BREAK;
  });
  return found;
}
