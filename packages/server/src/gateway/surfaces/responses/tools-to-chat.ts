import { functionTool, type ResponsesRequest } from '@turnpike/contract/openai-responses';
import type { JsonObject } from '../../../providers/provider.ts';
import { check, refusal } from './refuse.ts';

function toChatTool(tool: JsonObject, path: string): { readonly name: string; readonly tool: JsonObject } {
  if (tool['type'] !== 'function')
    throw refusal(
      `${path}.type`,
      `${JSON.stringify(tool['type'])} is a tool that runs at the provider, or takes free text; only tools of type function are supported. Offer a function and carry it out yourself.`,
    );
  const { name, description, parameters, strict } = check(functionTool, tool, path);
  const described = {
    name,
    ...(description === undefined || description === null ? {} : { description }),
    ...(parameters === undefined || parameters === null ? {} : { parameters }),
    ...(strict === undefined || strict === null ? {} : { strict }),
  };
  return { name, tool: { type: 'function', function: described } };
}

interface NamedTool {
  readonly name: string;
  readonly tool: JsonObject;
}

function knownName(choice: JsonObject, path: string, tools: readonly NamedTool[]): string {
  const name = choice['name'];
  if (choice['type'] !== 'function' || typeof name !== 'string')
    throw refusal(path, 'only {"type": "function", "name": "…"} is supported for a single tool.');
  if (!tools.some((tool) => tool.name === name))
    throw refusal(`${path}.name`, `there is no tool ${JSON.stringify(name)} in tools.`);
  return name;
}

const modes = new Set<unknown>(['auto', 'required', 'none']);

/** A choice among some of the tools: the others are not sent, which comes to the same. */
function allowedTools(choice: JsonObject, tools: readonly NamedTool[]): JsonObject {
  const { mode, tools: allowed } = choice as { mode?: unknown; tools?: unknown };
  if (mode !== 'auto' && mode !== 'required')
    throw refusal('tool_choice.mode', 'one of "auto" and "required" is expected.');
  if (!Array.isArray(allowed)) throw refusal('tool_choice.tools', 'a list of tools is expected.');
  const names = new Set(
    (allowed as JsonObject[]).map((tool, index) => knownName(tool, `tool_choice.tools.${index}`, tools)),
  );
  return { tools: tools.filter(({ name }) => names.has(name)).map(({ tool }) => tool), tool_choice: mode };
}

/**
 * `tools`, `tool_choice` and `parallel_tool_calls` of a chat request; empty without tools. Pure.
 * @throws AppError INVALID_REQUEST for what only the vendor's own servers can do
 */
export function toolsToChat(
  request: Pick<ResponsesRequest, 'tools' | 'tool_choice' | 'parallel_tool_calls'>,
): JsonObject {
  const tools = (request.tools ?? []).map((tool, index) => toChatTool(tool, `tools.${index}`));
  const { tool_choice: choice, parallel_tool_calls: parallel } = request;
  if (tools.length === 0) {
    if (choice === undefined || choice === null || choice === 'auto' || choice === 'none') return {};
    throw refusal('tool_choice', 'a tool is demanded, but there are none in tools.');
  }
  const base = {
    tools: tools.map(({ tool }) => tool),
    ...(typeof parallel === 'boolean' ? { parallel_tool_calls: parallel } : {}),
  };
  if (choice === undefined || choice === null) return base;
  if (typeof choice === 'string') {
    if (modes.has(choice)) return { ...base, tool_choice: choice };
    throw refusal('tool_choice', 'one of "auto", "required" and "none", or an object is expected.');
  }
  if (choice.type === 'allowed_tools') return { ...base, ...allowedTools(choice, tools) };
  const name = knownName(choice, 'tool_choice', tools);
  return { ...base, tool_choice: { type: 'function', function: { name } } };
}
