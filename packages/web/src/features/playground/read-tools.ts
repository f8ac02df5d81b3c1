import { findNodeAtLocation, parseTree, type Node, type ParseError } from 'jsonc-parser';
import type { FunctionTool } from '../../api/chat-request.ts';

/** What is wrong with functions that were typed. */
export type ToolsFault =
  'syntax' | 'notList' | 'notObject' | 'noName' | 'badName' | 'twice' | 'badDescription' | 'badParameters';

export type ReadTools =
  | { readonly kind: 'valid'; readonly tools: readonly FunctionTool[] }
  | {
      readonly kind: 'invalid';
      readonly fault: ToolsFault;
      readonly line: number;
      readonly column: number;
      /** The text at fault. */
      readonly near: string;
    };

const goodName = /^[\w-]{1,64}$/;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Path = readonly (string | number)[];
type Checked = { readonly tool: FunctionTool } | { readonly fault: ToolsFault; readonly path: Path };

/** A function as the API has it, or without the wrapping that every one has. */
function checkTool(value: unknown, place: number, names: ReadonlySet<string>): Checked {
  const wrapped = isObject(value) && value['type'] === 'function' && 'function' in value;
  const path: Path = wrapped ? [place, 'function'] : [place];
  const inner: unknown = wrapped ? value['function'] : value;
  if (!isObject(inner)) return { fault: 'notObject', path };
  const { name, description, parameters } = inner;
  if (typeof name !== 'string') return { fault: 'noName', path: name === undefined ? path : [...path, 'name'] };
  if (!goodName.test(name)) return { fault: 'badName', path: [...path, 'name'] };
  if (names.has(name)) return { fault: 'twice', path: [...path, 'name'] };
  if (description !== undefined && typeof description !== 'string')
    return { fault: 'badDescription', path: [...path, 'description'] };
  if (parameters !== undefined && (!isObject(parameters) || parameters['type'] !== 'object'))
    return { fault: 'badParameters', path: [...path, 'parameters'] };
  return { tool: { type: 'function', function: { ...inner, name } } };
}

function invalid(text: string, fault: ToolsFault, offset: number, length: number): ReadTools {
  const before = text.slice(0, offset).split('\n');
  const near = text.slice(offset, offset + Math.max(1, length)).split('\n')[0] ?? '';
  const short = near.length > 40 ? `${near.slice(0, 40)}…` : near;
  return { kind: 'invalid', fault, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, near: short };
}

function valueOf(node: Node): unknown {
  if (node.type === 'array') return node.children?.map(valueOf) ?? [];
  if (node.type !== 'object') return node.value as unknown;
  return Object.fromEntries(
    (node.children ?? []).map(({ children }) => [
      String(children?.[0]?.value),
      children?.[1] === undefined ? undefined : valueOf(children[1]),
    ]),
  );
}

/** Reads functions that somebody has typed: what is wrong with them, and where. Nothing typed: none. */
export function readTools(text: string): ReadTools {
  if (text.trim() === '') return { kind: 'valid', tools: [] };
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true });
  const [error] = errors;
  if (error !== undefined) return invalid(text, 'syntax', error.offset, error.length);
  if (root === undefined) return invalid(text, 'syntax', 0, 1);
  if (root.type !== 'array') return invalid(text, 'notList', root.offset, 1);
  const tools: FunctionTool[] = [];
  const names = new Set<string>();
  for (const [place, node] of (root.children ?? []).entries()) {
    const checked = checkTool(valueOf(node), place, names);
    if ('fault' in checked) {
      const at = findNodeAtLocation(root, [...checked.path]) ?? node;
      return invalid(text, checked.fault, at.offset, at.length);
    }
    names.add(checked.tool.function.name);
    tools.push(checked.tool);
  }
  return { kind: 'valid', tools };
}

/** Something to begin with. */
export const exampleTools = JSON.stringify(
  [
    {
      name: 'get_weather',
      description: 'The weather in a city now',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
      },
    },
  ],
  null,
  2,
);
