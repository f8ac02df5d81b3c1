import {
  completable,
  inputRequired,
  inputResponse,
  type McpServer,
  ResourceTemplate,
  type CallToolResult,
} from '@modelcontextprotocol/server';
import { z } from 'zod';

/* What the official conformance suite of MCP asks a server for: simple tools, resources and prompts. */

/** A red pixel. */
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
/** A header without samples. */
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

export function text(value: string): CallToolResult {
  return { content: [{ type: 'text', text: value }] };
}

const image = { type: 'image' as const, data: png, mimeType: 'image/png' };
const none = z.object({});

/** Tools that answer at once. */
export function addContentTools(server: McpServer): void {
  const embedded = {
    uri: 'test://embedded-resource',
    mimeType: 'text/plain',
    text: 'This is an embedded resource content.',
  };
  const mixed = {
    uri: 'test://mixed-content-resource',
    mimeType: 'application/json',
    text: '{"test":"data","value":123}',
  };
  const results: Readonly<Record<string, CallToolResult>> = {
    test_simple_text: text('This is a simple text response for testing.'),
    test_image_content: { content: [image] },
    test_audio_content: { content: [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] },
    test_embedded_resource: { content: [{ type: 'resource', resource: embedded }] },
    test_multiple_content_types: {
      content: [{ type: 'text', text: 'Multiple content types test:' }, image, { type: 'resource', resource: mixed }],
    },
    test_error_handling: { isError: true, ...text('This tool intentionally returns an error for testing') },
  };
  for (const [name, result] of Object.entries(results))
    server.registerTool(name, { description: `Conformance: ${name}`, inputSchema: none }, () => result);
}

export function addResources(server: McpServer): void {
  server.registerResource('static-text', 'test://static-text', { mimeType: 'text/plain' }, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  }));
  server.registerResource('static-binary', 'test://static-binary', { mimeType: 'image/png' }, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'image/png', blob: png }],
  }));
  server.registerResource('watched', 'test://watched-resource', { mimeType: 'text/plain' }, ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text: 'This one is watched.' }],
  }));
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { mimeType: 'application/json' },
    ({ href: uri }, { id }) => {
      const data = { id, templateTest: true, data: `Data for ID: ${String(id)}` };
      return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(data) }] };
    },
  );
}

const user = 'user' as const;

export function addPrompts(server: McpServer): void {
  const said = (value: string) => ({ role: user, content: { type: 'text' as const, text: value } });
  server.registerPrompt('test_simple_prompt', { description: 'Conformance' }, () => ({
    messages: [said('This is a simple prompt for testing.')],
  }));
  const words = ['paris', 'park', 'party'];
  const argument = completable(z.string(), (typed) => words.filter((word) => word.startsWith(typed)));
  server.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'Conformance', argsSchema: z.object({ arg1: argument, arg2: z.string() }) },
    ({ arg1, arg2 }) => ({ messages: [said(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'Conformance', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri: uri }) => {
      const resource = { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' };
      return {
        messages: [
          { role: user, content: { type: 'resource', resource } },
          said('Please process the embedded resource above.'),
        ],
      };
    },
  );
  server.registerPrompt('test_prompt_with_image', { description: 'Conformance' }, () => ({
    messages: [{ role: user, content: image }, said('Please analyze the image above.')],
  }));
  const context = z.object({ context: z.string() });
  server.registerPrompt('test_input_required_result_prompt', { description: 'Conformance' }, ({ mcpReq }) => {
    const given = inputResponse(mcpReq.inputResponses, 'user_context');
    if (given.kind === 'elicit') return { messages: [said(`With context: ${JSON.stringify(given.content)}`)] };
    const message = 'What context should the prompt use?';
    return inputRequired({
      inputRequests: { user_context: inputRequired.elicit({ message, requestedSchema: context }) },
    });
  });
}
