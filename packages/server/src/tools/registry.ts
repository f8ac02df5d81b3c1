import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { after, type Clock } from '../clock.ts';
import { AppError, errorMessage } from '../errors.ts';
import type { JsonObject } from '../providers/provider.ts';
import { StartError } from '../start-error.ts';
import { isObject } from './schema-walk.ts';
import type { Tool, ToolContext, ToolRegistry } from './tool.ts';

export interface RegistryOptions {
  readonly tools: readonly Tool[];
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxResultBytes: number;
}

interface Entry {
  readonly tool: Tool;
  readonly isInput: ValidateFunction;
  readonly isOutput: ValidateFunction;
}

const wellFormedName = /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/;

function compile(tools: readonly Tool[]): ReadonlyMap<string, Entry> {
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  addFormats.default(ajv);
  const entries = new Map<string, Entry>();
  for (const tool of tools) {
    if (!wellFormedName.test(tool.name))
      throw new StartError(`tool ${JSON.stringify(tool.name)}: the name must match ${wellFormedName.source}`);
    if (entries.has(tool.name)) throw new StartError(`tool ${tool.name}: there are two of this name`);
    try {
      entries.set(tool.name, { tool, isInput: ajv.compile(tool.input), isOutput: ajv.compile(tool.output) });
    } catch (error) {
      throw new StartError(`tool ${tool.name}: its schema is not valid: ${errorMessage(error)}`);
    }
  }
  return entries;
}

/** Names the argument at fault as the caller wrote it: `arguments.days`. */
function argumentError(tool: string, [fault]: readonly ErrorObject[]): AppError {
  const params = (fault?.params ?? {}) as Readonly<Record<string, unknown>>;
  const below = params['missingProperty'] ?? params['additionalProperty'];
  const parts = (fault?.instancePath ?? '').split('/').slice(1);
  const path = ['arguments', ...parts, ...(typeof below === 'string' ? [below] : [])].join('.');
  const allowed = Array.isArray(params['allowedValues']) ? `: ${params['allowedValues'].join(', ')}` : '';
  const what =
    fault?.keyword === 'required'
      ? 'is required'
      : fault?.keyword === 'additionalProperties'
        ? 'is not an argument of this tool'
        : (fault?.message ?? 'is not valid');
  return new AppError('TOOL_ARGUMENTS_INVALID', `${path}: ${what}${allowed} (tool ${tool}).`, { param: path });
}

/** In strict dialects an optional argument is null where a model leaves it out. */
function withoutNulls(args: unknown, { input }: Tool): unknown {
  if (!isObject(args)) return args;
  const required = Array.isArray(input['required']) ? (input['required'] as unknown[]) : [];
  return Object.fromEntries(Object.entries(args).filter(([name, value]) => value !== null || required.includes(name)));
}

function requireScopes({ name, scopes }: Tool, { principal }: ToolContext): void {
  const missing = scopes.filter((scope) => principal?.scopes.has(scope) !== true);
  if (missing.length === 0) return;
  if (principal === undefined)
    throw new AppError('INVALID_API_KEY', `The tool ${name} needs an API key with the scope ${missing.join(', ')}.`);
  throw new AppError('INSUFFICIENT_SCOPE', `The tool ${name} needs the scope ${missing.join(', ')}.`);
}

/** Runs the tool for so long as it may; what it does after that is nobody's. */
async function bounded(
  entry: Entry,
  args: JsonObject,
  context: ToolContext,
  options: RegistryOptions,
): Promise<JsonObject> {
  const { clock, timeoutMs } = options;
  const { tool } = entry;
  const time = new AbortController();
  const over = new AppError('TOOL_TIMEOUT', `The tool ${tool.name} did not answer within ${timeoutMs} ms.`);
  const stop = after(clock, timeoutMs, () => {
    time.abort(over);
  });
  const signal = AbortSignal.any([context.signal, time.signal]);
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    });
  });
  try {
    context.signal.throwIfAborted();
    return await Promise.race([tool.handle(args, { ...context, signal }), aborted]);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('TOOL_FAILED', `The tool ${tool.name} failed.`, { cause: error });
  } finally {
    stop();
  }
}

function entryOf(entries: ReadonlyMap<string, Entry>, name: string): Entry {
  const entry = entries.get(name);
  if (entry !== undefined) return entry;
  const known = [...entries.keys()].join(', ');
  throw new AppError('TOOL_UNKNOWN', `There is no tool ${JSON.stringify(name)}. Tools: ${known}.`, { param: 'name' });
}

function checked({ tool, isInput }: Entry, args: unknown): JsonObject {
  const given = withoutNulls(args ?? {}, tool);
  if (!isInput(given)) throw argumentError(tool.name, isInput.errors ?? []);
  return given as JsonObject;
}

/**
 * The tools of this platform behind one door.
 * @throws StartError naming the tool whose name or schema is not valid
 */
export function createToolRegistry(options: RegistryOptions): ToolRegistry {
  const entries = compile(options.tools);
  return {
    tools: options.tools,
    find: (name) => entries.get(name)?.tool,
    check: (name, args) => checked(entryOf(entries, name), args),
    call: async (name, args, context) => {
      const entry = entryOf(entries, name);
      requireScopes(entry.tool, context);
      const result = await bounded(entry, checked(entry, args), context, options);
      if (!entry.isOutput(result))
        throw new AppError('TOOL_FAILED', `The tool ${name} answered something else than it promises.`, {
          cause: new Error(JSON.stringify(entry.isOutput.errors?.[0]?.message ?? 'not valid')),
        });
      if (Buffer.byteLength(JSON.stringify(result)) > options.maxResultBytes)
        throw new AppError(
          'TOOL_FAILED',
          `The result of ${name} is larger than ${options.maxResultBytes} bytes. Ask for less.`,
        );
      return result;
    },
  };
}
