import { fillHoles, withoutPictures } from './picture-holes.ts';

/** A whole program for OpenAI's client for Node. */
export function typescriptProgram(url: string, request: object): string {
  const { json, ...holes } = withoutPictures(request, 2);
  const body = fillHoles(
    json,
    holes,
    ({ head, file }) => `${JSON.stringify(head)} + readFileSync('${file}', 'base64')`,
  );
  return [
    ...(holes.pictures.length > 0 ? ["import { readFileSync } from 'node:fs';"] : []),
    "import OpenAI from 'openai';",
    '',
    `const client = new OpenAI({ baseURL: '${url}/v1', apiKey: process.env.API_KEY });`,
    `const answer = await client.chat.completions.create(${body});`,
    'const message = answer.choices[0]?.message;',
    'console.log(message?.tool_calls ?? message?.content);',
  ].join('\n');
}
