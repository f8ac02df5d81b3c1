import { expect, test } from 'vitest';
import type { ChatRequest } from '../../api/chat-request.ts';
import { codeSamples } from './code-samples.ts';
import { pythonLiteral } from './samples/python-literal.ts';

/* That the programs run, and ask what was meant, is tested in e2e/code-samples.test.ts. */

const url = 'https://api.example.com';
const nasty = 'It\'s "so": true, null, `code` $HOME $(id) \\ \n\uFEFF🎉 PICTURE1';
const request: ChatRequest = {
  model: 'm',
  response_format: { type: 'json_object' },
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: nasty },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
      ],
    },
    { role: 'assistant', content: null },
    { role: 'tool', tool_call_id: 'a', content: 'null' },
  ],
  tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', additionalProperties: false } } }],
};
const sample = (id: string, asked: ChatRequest = request) =>
  codeSamples(url, asked).find((each) => each.id === id)?.code ?? '';

test('Python’s words for true, false and null stand where values are, never inside texts', () => {
  expect(pythonLiteral({ 'a: true': [true, false, null, ': null', -1.5, [], {}] })).toBe(
    [
      ...['{', '    "a: true": [', '        True,', '        False,', '        None,', '        ": null",'],
      ...['        -1.5,', '        [],', '        {},', '    ],', '}'],
    ].join('\n'),
  );
});

test('Python’s program names every part of the request and reads pictures from their files', () => {
  const code = sample('python');
  expect(code).toContain('"url": "data:image/png;base64," + read("picture-1.png"),');
  expect(code).toContain('"additionalProperties": False,');
  expect(code).toContain('"content": None,');
  expect(code).toContain('"content": "null",');
  expect(code).toContain(JSON.stringify(nasty));
  for (const name of Object.keys(request)) expect(code).toContain(`\n    ${name}=`);
});

test('TypeScript’s call carries exactly the request', () => {
  const plain: ChatRequest = { model: 'm', messages: [{ role: 'user', content: nasty }] };
  const argument = /create\(([\s\S]*?)\);\nconst message/.exec(sample('typescript', plain))?.[1] ?? '';
  expect(JSON.parse(argument)).toEqual(plain);
  expect(sample('typescript')).toContain(`"url": "data:image/png;base64," + readFileSync('picture-1.png', 'base64')`);
});

test('Go’s program is whole, and its body exactly the request', () => {
  const code = sample('go');
  expect(code).toMatch(/^package main\n/);
  for (const name of ['encoding/base64', 'fmt', 'io', 'log', 'net/http', 'os', 'strings'])
    expect(code).toContain(`\t"${name}"\n`);
  const body = /\tbody := ([\s\S]*?)\n\trequest, err/.exec(code)?.[1] ?? '';
  // Raw strings, and quoted ones that only hold a backtick, joined.
  const pieces = body.match(/`[^`]*`|"`"|read\("[^"]+"\)/g) ?? [];
  const text = pieces
    .map((piece) => (piece.startsWith('read(') ? 'iVBORw0KGgo=' : piece === '"`"' ? '`' : piece.slice(1, -1)))
    .join('');
  expect(JSON.parse(text)).toEqual(request);
  expect(sample('go', { model: 'm', messages: [] })).not.toContain('base64');
});

test('no sample carries the bytes of a picture', () => {
  for (const { code } of codeSamples(url, request)) expect(code).not.toContain('iVBORw0KGgo=');
});
