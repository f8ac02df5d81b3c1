import { createRequestStateCodec, McpServer, type ServerNotifier } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { systemClock } from '../clock.ts';
import { createEndpoint, type McpEndpoint } from '../mcp/endpoint.ts';
import { addContentTools, addPrompts, addResources, text } from './mcp-conformance-content.ts';
import { addDialogueTools } from './mcp-conformance-dialogue.ts';
import { createRecordingLogger } from './recording-logger.ts';

/** What the suite changes while clients listen. */
function addTriggers(server: McpServer, notify: () => ServerNotifier): void {
  const config = { description: 'Conformance', inputSchema: z.object({}) };
  server.registerTool('test_trigger_tool_change', config, () => {
    notify().toolsChanged();
    return text('told');
  });
  server.registerTool('test_trigger_prompt_change', config, () => {
    notify().promptsChanged();
    return text('told');
  });
}

const hint = { ttlMs: 0, cacheScope: 'public' } as const;

/**
 * The fixtures of the official conformance suite (@modelcontextprotocol/conformance), behind the very endpoint that the
 * product uses. Only tests mount it.
 */
export function createConformanceEndpoint(): McpEndpoint {
  const codec = createRequestStateCodec<{ step: number }>({ key: 'a key of thirty-two bytes or more' });
  const endpoint: McpEndpoint = createEndpoint({
    clock: systemClock,
    logger: createRecordingLogger(),
    build: () => {
      const server = new McpServer(
        { name: 'conformance', version: '1.0.0' },
        {
          capabilities: {
            tools: { listChanged: true },
            prompts: { listChanged: true },
            resources: { subscribe: true, listChanged: true },
            logging: {},
            completions: {},
          },
          cacheHints: {
            'tools/list': hint,
            'prompts/list': hint,
            'resources/list': hint,
            'resources/templates/list': hint,
            'resources/read': hint,
          },
          requestState: { verify: (state, context) => codec.verify(state, context) },
        },
      );
      addContentTools(server);
      addDialogueTools(server, codec);
      addTriggers(server, () => endpoint.notify);
      addResources(server);
      addPrompts(server);
      for (const method of ['resources/subscribe', 'resources/unsubscribe'] as const)
        server.server.setRequestHandler(method, () => ({}));
      return Promise.resolve(server);
    },
  });
  return endpoint;
}
