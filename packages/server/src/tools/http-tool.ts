import type { HttpToolConfig } from '../config/tools-section.ts';
import { AppError } from '../errors.ts';
import type { OutboundClient, OutboundRequest } from '../outbound/guarded-request.ts';
import type { JsonObject } from '../providers/provider.ts';
import type { ObjectSchema, Tool } from './tool.ts';

const placeholder = /\{(\w+)\}/g;

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A call's arguments as a request: those in the address, then the query, or the body. */
function requestOf({ url, method, headers }: HttpToolConfig, args: JsonObject): Omit<OutboundRequest, 'signal'> {
  const used = new Set<string>();
  const filled = url.replaceAll(placeholder, (_whole, name: string) => {
    used.add(name);
    const value = args[name];
    if (value === undefined)
      throw new AppError('TOOL_ARGUMENTS_INVALID', `arguments.${name}: is required.`, { param: `arguments.${name}` });
    // A dot segment would climb out of the path it stands in.
    const text = textOf(value);
    if (/^\.{1,2}$/.test(text))
      throw new AppError('TOOL_ARGUMENTS_INVALID', `arguments.${name}: is not valid.`, { param: `arguments.${name}` });
    return encodeURIComponent(text);
  });
  const rest = Object.entries(args).filter(([name, value]) => !used.has(name) && value !== undefined);
  if (method !== 'GET' && method !== 'DELETE')
    return {
      method,
      url: filled,
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(rest)),
    };
  const target = new URL(filled);
  for (const [name, value] of rest) target.searchParams.append(name, textOf(value));
  return { method, url: target.href, headers };
}

function resultOf(contentType: string, text: string): JsonObject {
  if (!/[/+]json\b/i.test(contentType)) return { text };
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as JsonObject) : { result: value as JsonObject };
  } catch {
    throw new AppError('TOOL_FAILED', 'The server answered with JSON that cannot be read.');
  }
}

const anything: ObjectSchema = { type: 'object', additionalProperties: true };

/** A tool that is a call to a server the operator names in the configuration. */
export function httpTool(name: string, config: HttpToolConfig, client: OutboundClient): Tool {
  return {
    name,
    title: config.title ?? name,
    description: config.description,
    input: config.input,
    output: (config.output as ObjectSchema | undefined) ?? anything,
    scopes: config.scopes,
    isReadOnly: config.read_only ?? config.method === 'GET',
    isOpenWorld: true,
    handle: async (args, { signal }) => {
      const { status, contentType, text } = await client.request({ ...requestOf(config, args), signal });
      if (status >= 400) throw new AppError('TOOL_FAILED', `The server of ${name} answered with status ${status}.`);
      return resultOf(contentType, text);
    },
  };
}
