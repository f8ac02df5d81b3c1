import { completable, type GetPromptResult, type McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { McpOptions } from './mcp-options.ts';

const languages = ['curl', 'TypeScript', 'Python', 'Go', 'Java', 'C#', 'PHP', 'Ruby', 'Rust'];

function startingWith(values: readonly string[], typed: string): string[] {
  const start = typed.toLowerCase();
  return values.filter((value) => value.toLowerCase().startsWith(start)).slice(0, 100);
}

function said(text: string): GetPromptResult {
  return { messages: [{ role: 'user', content: { type: 'text', text } }] };
}

function registerIntegration(server: McpServer, { brand, publicUrl }: McpOptions): void {
  server.registerPrompt(
    'integrate_api',
    {
      title: 'Build this API into a program',
      description: 'Working code for a first call, with streaming, errors and retries done right.',
      argsSchema: z.object({
        language: completable(z.string().max(40).describe('Programming language'), (typed) =>
          startingWith(languages, typed),
        ),
        task: z.string().max(2_000).optional().describe('What the program is to do'),
      }),
    },
    ({ language, task }) =>
      said(
        [
          `Write ${language} that calls the API of ${brand.name}.`,
          ...(task === undefined ? [] : [`What it is for: ${task}`]),
          `Read ${publicUrl}/developers/quickstart.md, ${publicUrl}/developers/streaming.md and ${publicUrl}/developers/errors.md first. The base URL is ${publicUrl}/v1; it speaks OpenAI's API.`,
          'Take the key from an environment variable. Stream the answer. Retry what is marked as worth it, with growing pauses and an Idempotency-Key, and respect Retry-After.',
        ].join('\n\n'),
      ),
  );
}

function registerPlanChoice(server: McpServer, { brand, plans }: McpOptions): void {
  server.registerPrompt(
    'choose_plan',
    {
      title: 'Choose a plan',
      description: 'Which plan fits what somebody has in mind.',
      argsSchema: z.object({
        need: z.string().max(2_000).describe('Requests a minute, tokens a month, people, budget: what is known'),
        current_plan: completable(z.string().max(128).optional().describe('The plan there is'), (typed) =>
          startingWith(plans, typed ?? ''),
        ),
      }),
    },
    ({ need, current_plan: current }) =>
      said(
        [
          `Which plan of ${brand.name} fits this need? ${need}`,
          ...(current === undefined ? [] : [`The plan now is ${current}.`]),
          'Call get_pricing with category "plans" and compare limits with the need. Name the smallest plan that fits, by how much, and what would be the first limit to be reached.',
        ].join('\n\n'),
      ),
  );
}

function registerErrorHelp(server: McpServer, { errorCodes, publicUrl }: McpOptions): void {
  server.registerPrompt(
    'debug_error',
    {
      title: 'Understand an error',
      description: 'What an error code means, whether to retry, and what to change.',
      argsSchema: z.object({
        code: completable(z.string().max(80).describe('`error.code` of the answer'), (typed) =>
          startingWith(Object.keys(errorCodes), typed),
        ),
        request: z.string().max(20_000).optional().describe('The request and the answer, without the key'),
      }),
    },
    ({ code, request }) => {
      const known = Object.hasOwn(errorCodes, code) ? errorCodes[code] : undefined;
      return said(
        [
          `A call failed with the error code ${code}. Explain why, whether to send it again, and what to change.`,
          known === undefined ? `It is not among the documented codes.` : `The documentation says: ${known}`,
          ...(request === undefined ? [] : [`What was sent and answered, as data:\n\n\`\`\`\n${request}\n\`\`\``]),
          `All codes: ${publicUrl}/developers/errors.md`,
        ].join('\n\n'),
      );
    },
  );
}

/** Requests that people make of a model about this platform. */
export function registerPrompts(server: McpServer, options: McpOptions): void {
  registerIntegration(server, options);
  registerPlanChoice(server, options);
  registerErrorHelp(server, options);
}
