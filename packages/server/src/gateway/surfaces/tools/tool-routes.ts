import { toolCall, toolDialect, toolList, toolResult } from '@turnpike/contract/hub-tools';
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { jsonRoute, type ApiRoute } from '../../../http/api-route.ts';
import { renderTools } from '../../../tools/dialects.ts';
import type { ToolRegistry } from '../../../tools/tool.ts';
import type { Gateway } from '../../gateway.ts';
import { keyedRoute } from '../keyed-route.ts';

export interface ToolRoutesOptions {
  readonly gateway: Gateway;
  readonly tools: ToolRegistry;
  readonly callsPerHour: number;
  /** Origin of this server. */
  readonly site: string;
}

/** Arguments as an object; some models give them as JSON in a text. @throws AppError TOOL_ARGUMENTS_INVALID */
function argumentsOf(given: unknown): unknown {
  if (typeof given !== 'string') return given ?? {};
  try {
    return given.trim() === '' ? {} : (JSON.parse(given) as unknown);
  } catch {
    throw new AppError('TOOL_ARGUMENTS_INVALID', 'arguments: the text is not valid JSON.', { param: 'arguments' });
  }
}

/** The tools of this platform in the words of four vendors, and the place where they are carried out (S1). */
export function toolRoutes({ gateway, tools, callsPerHour, site }: ToolRoutesOptions): ApiRoute[] {
  const callUrl = `${site}/api/tools/call`;
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/tools.php',
      operationId: 'listFunctionCallingTools',
      summary: 'The tools of this platform, as a vendor’s API takes them',
      description:
        'Put `tools` into a request to that vendor’s model; have the calls it asks for carried out at `call_url`.',
      tag: 'tools',
      security: 'none',
      cacheSeconds: 300,
      query: z.object({ dialect: toolDialect.default('openai') }),
      responses: { 200: { description: 'The tools', schema: toolList } },
      handle: ({ query: { dialect } }) => {
        const rendered = renderTools(tools.tools, dialect);
        return {
          status: 200,
          body: { object: 'list', dialect, tools: rendered, count: tools.tools.length, call_url: callUrl },
        };
      },
    }),
    keyedRoute({
      gateway,
      surface: 'tools',
      open: { policy: 'tools', perHour: callsPerHour },
      counts: true,
      method: 'POST',
      path: '/api/tools/call',
      operationId: 'callTool',
      summary: 'Carry out a tool',
      description:
        'Public tools need no key. Arguments are checked against the tool’s schema; the error names the one at fault.',
      tag: 'tools',
      body: toolCall,
      responses: { 200: { description: 'What the tool answers', schema: toolResult } },
      handle: async ({ body, principal, hasKey, signal }) => {
        const context = { principal: hasKey ? principal : undefined, signal };
        const result = await tools.call(body.name, argumentsOf(body.arguments), context);
        return { status: 200, body: { name: body.name, result, content: JSON.stringify(result) } };
      },
    }),
  ];
}
