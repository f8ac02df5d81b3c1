import { isJsonObject, objectsOf } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { unsupported } from '../unsupported.ts';

const structural = ['$ref', 'anyOf', 'oneOf', 'allOf', 'patternProperties'];

/** Does a schema allow nothing but an empty object? Gemini is told of no parameters then. */
function isEmptySchema(schema: JsonObject): boolean {
  const { properties, additionalProperties } = schema;
  const hasProperties = isJsonObject(properties) && Object.keys(properties).length > 0;
  const isOpen = additionalProperties === true || isJsonObject(additionalProperties);
  return !hasProperties && !isOpen && !structural.some((keyword) => keyword in schema);
}

function toDeclaration(tool: JsonObject, index: number): JsonObject {
  const described = tool['function'];
  if (tool['type'] !== 'function' || !isJsonObject(described))
    throw unsupported(
      `tools.${index}.type`,
      `tools.${index} is of type ${String(tool['type'])}; this model takes tools of type function.`,
    );
  const { name, description, parameters } = described;
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    ...(isJsonObject(parameters) && !isEmptySchema(parameters) ? { parametersJsonSchema: parameters } : {}),
  };
}

interface Choice {
  readonly mode?: 'AUTO' | 'ANY' | 'NONE';
  /** Only these may be called. */
  readonly names?: readonly unknown[];
}

function toChoice(choice: unknown): Choice {
  if (choice === undefined || choice === null) return {};
  if (choice === 'none') return { mode: 'NONE' };
  if (choice === 'auto') return { mode: 'AUTO' };
  if (choice === 'required') return { mode: 'ANY' };
  const { function: called, allowed_tools: allowed } = isJsonObject(choice) ? choice : {};
  if (isJsonObject(called)) return { mode: 'ANY', names: [called['name']] };
  if (isJsonObject(allowed)) {
    const names = objectsOf(allowed['tools']).map((tool) => isJsonObject(tool['function']) && tool['function']['name']);
    return { mode: allowed['mode'] === 'required' ? 'ANY' : 'AUTO', names };
  }
  throw unsupported(
    'tool_choice',
    'tool_choice must be none, auto, required, one function or allowed_tools for this model.',
  );
}

/**
 * `tools` and `tool_choice` of a chat request in Gemini's words; the old `functions` and `function_call` too. Nothing
 * when there are no tools.
 * @throws AppError UNSUPPORTED_CAPABILITY
 */
export function toTools(body: JsonObject): JsonObject {
  const functions = objectsOf(body['functions']).map((entry) => ({ type: 'function', function: entry }));
  const declared = [...objectsOf(body['tools']), ...functions].map(toDeclaration);
  if (declared.length === 0) return {};
  const old = body['function_call'];
  const { mode, names } = toChoice(body['tool_choice'] ?? (isJsonObject(old) ? { function: old } : old));
  // Gemini takes a list of names only where it must call one; where it may, it is shown no others.
  const isShort = mode === 'AUTO' && names !== undefined;
  const functionDeclarations = isShort ? declared.filter((entry) => names.includes(entry['name'])) : declared;
  if (functionDeclarations.length === 0) return {};
  const config = { mode, ...(names === undefined || isShort ? {} : { allowedFunctionNames: names }) };
  return {
    tools: [{ functionDeclarations }],
    ...(mode === undefined ? {} : { toolConfig: { functionCallingConfig: config } }),
  };
}
