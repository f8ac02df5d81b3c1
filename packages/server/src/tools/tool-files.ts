import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorCode, errorMessage } from '../errors.ts';
import { StartError } from '../start-error.ts';
import type { ObjectSchema, Tool } from './tool.ts';

function isObjectSchema(value: unknown): value is ObjectSchema {
  return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'object';
}

/** What a file exports, with what it leaves out filled in. */
function toolOf(file: string, exported: unknown): Tool {
  const given = (exported ?? {}) as Partial<Record<keyof Tool, unknown>>;
  const fault = (field: string, what: string) => new StartError(`tools/${file} of the preset: ${field} ${what}`);
  const { name, title, description, input, output, scopes = [], handle } = given;
  if (typeof name !== 'string') throw fault('tool.name', 'must be a text');
  if (typeof description !== 'string' || description.length < 20)
    throw fault('tool.description', 'must tell a model what it does, in at least 20 characters');
  if (!isObjectSchema(input)) throw fault('tool.input', 'must be the JSON Schema of an object');
  if (output !== undefined && !isObjectSchema(output))
    throw fault('tool.output', 'must be the JSON Schema of an object');
  if (!Array.isArray(scopes)) throw fault('tool.scopes', 'must be a list');
  if (typeof handle !== 'function') throw fault('tool.handle', 'must be a function');
  return {
    name,
    title: typeof title === 'string' ? title : name,
    description,
    input,
    output: output ?? { type: 'object', additionalProperties: true },
    scopes: scopes as Tool['scopes'],
    isReadOnly: given.isReadOnly === true,
    isOpenWorld: given.isOpenWorld !== false,
    handle: handle as Tool['handle'],
  };
}

/**
 * The tools an operator has put into a preset: each file of its folder `tools/` exports one as `tool`.
 * @throws StartError naming the file and what is wrong with it
 */
export async function readToolFiles(presetFolder: string): Promise<Tool[]> {
  const folder = join(presetFolder, 'tools');
  let files: string[];
  try {
    files = (await readdir(folder)).filter((file) => /\.(?:js|mjs|ts)$/.test(file) && !/\.test\./.test(file)).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw new StartError(`the folder tools of the preset cannot be read (${errorCode(error) ?? 'unknown reason'})`);
  }
  const tools: Tool[] = [];
  for (const file of files) {
    let module: { readonly tool?: unknown };
    try {
      module = (await import(pathToFileURL(join(folder, file)).href)) as { readonly tool?: unknown };
    } catch (error) {
      throw new StartError(`tools/${file} of the preset cannot be loaded: ${errorMessage(error)}`);
    }
    tools.push(toolOf(file, module.tool));
  }
  return tools;
}
