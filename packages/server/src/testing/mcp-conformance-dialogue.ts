/* eslint-disable @typescript-eslint/no-deprecated -- the older era is asked for what it has */
import {
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  inputResponse,
  type McpServer,
  type ClientCapabilities,
  type InputRequests,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { text } from './mcp-conformance-content.ts';

/* What the official conformance suite of MCP asks a server for: tools that ask back, report, and remember. */

const none = z.object({});
const config = { description: 'Conformance', inputSchema: none } as const;
const named = z.object({ name: z.string() });

function capabilitiesOf({ mcpReq }: ServerContext): ClientCapabilities {
  const envelope = mcpReq.envelope as Readonly<Record<string, unknown>> | undefined;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? envelope?.['clientCapabilities'] ?? {};
}

function sample(question: string, maxTokens: number) {
  return inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: question } }],
    maxTokens,
  });
}

const askName = () => inputRequired.elicit({ message: 'What is your name?', requestedSchema: named });

/** Tools that need one answer, by kind. */
function addSingleQuestions(server: McpServer): void {
  const questions: Readonly<Record<string, readonly [string, () => InputRequests[string]]>> = {
    test_input_required_result_elicitation: ['user_name', askName],
    test_input_required_result_sampling: ['capital_question', () => sample('What is the capital of France?', 100)],
    test_input_required_result_list_roots: ['client_roots', () => inputRequired.listRoots()],
  };
  for (const [tool, [key, question]] of Object.entries(questions))
    server.registerTool(tool, config, (_arguments, { mcpReq }) => {
      const given = inputResponse(mcpReq.inputResponses, key);
      if (given.kind === 'elicit' && typeof given.content?.['name'] === 'string')
        return text(`Hello, ${given.content['name']}!`);
      if (given.kind === 'sampling') return text(`Sampled: ${JSON.stringify(given.result.content)}`);
      if (given.kind === 'roots') return text(`Roots: ${given.roots.map(({ uri }) => uri).join(', ')}`);
      return inputRequired({ inputRequests: { [key]: question() } });
    });
}

/** Tools that hand the client a state to bring back. */
function addStates(server: McpServer, codec: RequestStateCodec<{ step: number }>): void {
  const confirm = () =>
    inputRequired.elicit({ message: 'Please confirm', requestedSchema: z.object({ ok: z.boolean() }) });
  for (const tool of ['test_input_required_result_request_state', 'test_input_required_result_tampered_state'])
    server.registerTool(tool, config, async (_arguments, context) => {
      if (context.mcpReq.requestState<{ step: number }>()?.step === 1) return text('state-ok');
      return inputRequired({
        inputRequests: { confirm: confirm() },
        requestState: await codec.mint({ step: 1 }, context),
      });
    });
  server.registerTool('test_input_required_result_multiple_inputs', config, async (_arguments, context) => {
    if (context.mcpReq.requestState<{ step: number }>()?.step === 1) return text('All inputs were given.');
    return inputRequired({
      inputRequests: {
        user_name: askName(),
        greeting: sample('Generate a greeting', 50),
        client_roots: inputRequired.listRoots(),
      },
      requestState: await codec.mint({ step: 1 }, context),
    });
  });
  const color = z.object({ color: z.string() });
  server.registerTool('test_input_required_result_multi_round', config, async (_arguments, context) => {
    const step = context.mcpReq.requestState<{ step: number }>()?.step ?? 0;
    if (step === 2) return text('Both steps are done.');
    const [key, message, requestedSchema] =
      step === 0
        ? (['step1', 'Step 1: What is your name?', named] as const)
        : (['step2', 'Step 2: What is your favorite color?', color] as const);
    return inputRequired({
      inputRequests: { [key]: inputRequired.elicit({ message, requestedSchema }) },
      requestState: await codec.mint({ step: step + 1 }, context),
    });
  });
}

/** Tools that look at what the client can do. */
function addCapabilityTools(server: McpServer): void {
  server.registerTool('test_input_required_result_capabilities', config, (_arguments, context) => {
    const { sampling, elicitation, roots } = capabilitiesOf(context);
    const inputRequests: InputRequests = {
      ...(sampling === undefined ? {} : { greeting: sample('Generate a greeting', 50) }),
      ...(elicitation === undefined ? {} : { user_name: askName() }),
      ...(roots === undefined ? {} : { client_roots: inputRequired.listRoots() }),
    };
    return Object.keys(inputRequests).length === 0 ? text('nothing can be asked') : inputRequired({ inputRequests });
  });
  // Needs what the client may not be able to do: the library refuses the question then.
  server.registerTool('test_missing_capability', config, (_arguments, { mcpReq }) =>
    inputResponse(mcpReq.inputResponses, 'sampled').kind === 'sampling'
      ? text('sampling is there')
      : inputRequired({ inputRequests: { sampled: sample('Is sampling there?', 10) } }),
  );
  server.registerTool('test_streaming_elicitation', config, async (_arguments, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    if (progressToken !== undefined)
      await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress: 0, total: 1 } });
    const given = inputResponse(mcpReq.inputResponses, 'user_name');
    return given.kind === 'elicit' ? text('answered') : inputRequired({ inputRequests: { user_name: askName() } });
  });
}

/** Tools of the older era: the server asks while it answers. */
function addAsking(server: McpServer): void {
  const elicited = (result: { action: string; content?: unknown }) =>
    text(`Elicitation completed: action=${result.action}, content=${JSON.stringify(result.content ?? {})}`);
  server.registerTool(
    'test_sampling',
    { description: 'Conformance', inputSchema: z.object({ prompt: z.string() }) },
    async ({ prompt }, { mcpReq }) => {
      const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: prompt } }];
      const { content } = await mcpReq.requestSampling({ messages, maxTokens: 100 });
      return text(`LLM response: ${JSON.stringify(content)}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Conformance', inputSchema: z.object({ message: z.string() }) },
    async ({ message }, { mcpReq }) => {
      const properties = {
        username: { type: 'string' as const, description: "User's response" },
        email: { type: 'string' as const, description: "User's email address" },
      };
      const requestedSchema = { type: 'object' as const, properties, required: ['username', 'email'] };
      const result = await mcpReq.elicitInput({ message, requestedSchema });
      return text(`User response: ${JSON.stringify(result)}`);
    },
  );
  server.registerTool('test_elicitation_sep1034_defaults', config, async (_arguments, { mcpReq }) =>
    elicited(
      await mcpReq.elicitInput({
        message: 'Please review the defaults',
        requestedSchema: {
          type: 'object',
          properties: {
            name: { type: 'string', default: 'John Doe' },
            age: { type: 'integer', default: 30 },
            score: { type: 'number', default: 95.5 },
            status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
            verified: { type: 'boolean', default: true },
          },
        },
      }),
    ),
  );
  const options = ['option1', 'option2', 'option3'];
  const titled = (word: string) => [1, 2, 3].map((index) => ({ const: `value${index}`, title: `${word} ${index}` }));
  server.registerTool('test_elicitation_sep1330_enums', config, async (_arguments, { mcpReq }) =>
    elicited(
      await mcpReq.elicitInput({
        message: 'Please choose',
        requestedSchema: {
          type: 'object',
          properties: {
            untitledSingle: { type: 'string', enum: options },
            titledSingle: { type: 'string', oneOf: titled('Option') },
            legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['One', 'Two', 'Three'] },
            untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
            titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
          },
        },
      }),
    ),
  );
}

/** Tools that say how they are getting on. */
function addReporting(server: McpServer): void {
  server.registerTool('test_tool_with_progress', config, async (_arguments, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100])
      if (progressToken !== undefined)
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
    return text('Progress was told.');
  });
  for (const tool of ['test_tool_with_logging', 'test_logging_tool'])
    server.registerTool(tool, config, async (_arguments, { mcpReq }) => {
      for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed'])
        await mcpReq.log('info', line);
      return text('It was logged.');
    });
}

export function addDialogueTools(server: McpServer, codec: RequestStateCodec<{ step: number }>): void {
  addSingleQuestions(server);
  addStates(server, codec);
  addCapabilityTools(server);
  addAsking(server);
  addReporting(server);
}
