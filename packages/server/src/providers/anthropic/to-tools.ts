import { isJsonObject, objectsOf } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { unsupported } from '../unsupported.ts';

function toTool(tool: JsonObject, index: number): JsonObject {
  const described = tool['function'];
  if (tool['type'] === 'function' && isJsonObject(described)) {
    const { name, description, parameters, strict } = described;
    return {
      name,
      ...(typeof description === 'string' ? { description } : {}),
      input_schema: isJsonObject(parameters) ? parameters : { type: 'object', properties: {} },
      ...(strict === true ? { strict } : {}),
      ...(isJsonObject(tool['cache_control']) ? { cache_control: tool['cache_control'] } : {}),
    };
  }
  // Anthropic's own tools carry the date of their contract in their type.
  if (typeof tool['type'] === 'string' && /_\d{8}$/.test(tool['type'])) return tool;
  throw unsupported(
    `tools.${index}.type`,
    `tools.${index} is of type ${String(tool['type'])}; this model takes tools of type function.`,
  );
}

function toToolChoice(choice: unknown): JsonObject | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (choice === 'auto' || choice === 'none') return { type: choice };
  if (choice === 'required') return { type: 'any' };
  if (isJsonObject(choice) && isJsonObject(choice['function']))
    return { type: 'tool', name: choice['function']['name'] };
  throw unsupported('tool_choice', 'tool_choice must be none, auto, required or one function for this model.');
}

/**
 * `tools`, `tool_choice` and `parallel_tool_calls` of a chat request in Anthropic's words; the old `functions` and
 * `function_call` too. Nothing when there are no tools.
 * @throws AppError UNSUPPORTED_CAPABILITY
 */
export function toTools(body: JsonObject): JsonObject {
  const functions = objectsOf(body['functions']).map((entry) => ({ type: 'function', function: entry }));
  const tools = [...objectsOf(body['tools']), ...functions].map(toTool);
  if (tools.length === 0) return {};
  const old = body['function_call'];
  const choice = toToolChoice(body['tool_choice'] ?? (isJsonObject(old) ? { function: old } : old));
  if (body['parallel_tool_calls'] !== false || choice?.['type'] === 'none')
    return { tools, ...(choice === undefined ? {} : { tool_choice: choice }) };
  return { tools, tool_choice: { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true } };
}
