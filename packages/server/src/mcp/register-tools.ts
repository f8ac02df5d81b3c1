import type { CallToolResult, McpServer, ServerContext } from '@modelcontextprotocol/server';
import { toAppError } from '../errors.ts';
import type { JsonObject } from '../providers/provider.ts';
import type { Tool, ToolRegistry } from '../tools/tool.ts';
import { declaredSchema } from './any-schema.ts';
import type { McpCaller, McpOptions } from './mcp-options.ts';
import { createdTask, knowsTasks } from './tasks.ts';

/** Tells who asked for it that the work has begun, and that it is done. */
async function tellProgress({ mcpReq }: ServerContext, progress: number, message: string): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  const params = { progressToken, progress, total: 1, message };
  // Who does not listen any more needs no progress.
  await mcpReq.notify({ method: 'notifications/progress', params }).catch(() => undefined);
}

async function callTool(tools: ToolRegistry, name: string, args: unknown, caller: McpCaller, context: ServerContext) {
  await tellProgress(context, 0, `${name} has begun`);
  const result = await tools.call(name, args, { principal: caller.principal, signal: context.mcpReq.signal });
  await tellProgress(context, 1, `${name} is done`);
  return result;
}

function asResult(structuredContent: JsonObject): CallToolResult {
  const content = [{ type: 'text' as const, text: JSON.stringify(structuredContent) }];
  return { content, structuredContent: structuredContent };
}

/** Errors are the model's to read and mend: a result that says so, not an error of the protocol. */
function asFailure(thrown: unknown): CallToolResult {
  const { code, message, param } = toAppError(thrown);
  const where = param === undefined ? '' : ` (${param})`;
  return { isError: true, content: [{ type: 'text', text: `${code}${where}: ${message}` }] };
}

/** Becomes a task where the client knows them: questions may take a while. */
async function orderTask({ tools, jobs }: McpOptions, tool: Tool, args: unknown, caller: McpCaller) {
  const input = tools.check(tool.name, args);
  return createdTask(await jobs.submit(caller, { type: 'ask', input }));
}

function register(server: McpServer, options: McpOptions, tool: Tool, caller: McpCaller, name = tool.name): void {
  const { tools } = options;
  const { title, description, input, output, isReadOnly, isOpenWorld } = tool;
  server.registerTool(
    name,
    {
      ...{ title, description },
      inputSchema: declaredSchema(input),
      outputSchema: declaredSchema(output),
      annotations: {
        title,
        readOnlyHint: isReadOnly,
        destructiveHint: !isReadOnly,
        idempotentHint: isReadOnly,
        openWorldHint: isOpenWorld,
      },
    },
    async (args: unknown, context: ServerContext) => {
      try {
        if (isQuestion(tool) && knowsTasks(context)) return await orderTask(options, tool, args, caller);
        return asResult(await callTool(tools, tool.name, args, caller, context));
      } catch (error) {
        return asFailure(error);
      }
    },
  );
}

/** The tool that answers questions about the platform. */
function isQuestion({ name }: Tool): boolean {
  return name.startsWith('ask_');
}

/** NLWeb's clients look for a tool of this name. */
const nlwebName = 'ask';

/** All tools of the registry, and NLWeb's two beside them. */
export function registerTools(server: McpServer, options: McpOptions, caller: McpCaller): void {
  const { tools, publicUrl } = options;
  for (const tool of tools.tools) register(server, options, tool, caller);
  const ask = tools.tools.find(isQuestion);
  if (ask !== undefined && tools.find(nlwebName) === undefined) register(server, options, ask, caller, nlwebName);
  server.registerTool(
    'list_sites',
    {
      title: 'Sites',
      description: 'Lists the sites that questions can be asked about here: this one.',
      inputSchema: declaredSchema({ type: 'object', properties: {}, additionalProperties: false }),
      outputSchema: declaredSchema({
        type: 'object',
        properties: { sites: { type: 'array', items: { type: 'string' } } },
        required: ['sites'],
      }),
      annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    () => asResult({ sites: [publicUrl] }),
  );
}
