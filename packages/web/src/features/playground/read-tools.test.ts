import { expect, test } from 'vitest';
import { exampleTools, readTools } from './read-tools.ts';

test('nothing is no function, and the example is one', () => {
  expect(readTools(' \n')).toEqual({ kind: 'valid', tools: [] });
  expect(readTools(exampleTools)).toMatchObject({
    kind: 'valid',
    tools: [{ type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } }],
  });
});

test('a function may come wrapped as the API has it, with members of its own', () => {
  const text = '[{"type": "function", "function": {"name": "f", "strict": true}}]';
  expect(readTools(text)).toEqual({
    kind: 'valid',
    tools: [{ type: 'function', function: { name: 'f', strict: true } }],
  });
});

test.each([
  ['a comma that is missing', '[\n  {"name": "f" "description": "x"}\n]', 'syntax', 2, 16],
  ['a comma too many', '[\n  {"name": "f"},\n]', 'syntax', 3, 1],
  ['an end that is missing', '[{"name": "f"}', 'syntax', 1, 15],
  ['a comment', '[] // none', 'syntax', 1, 4],
  ['something after the end', '[] []', 'syntax', 1, 4],
  ['no list', '{"name": "f"}', 'notList', 1, 1],
  ['no object', '[\n  "f"\n]', 'notObject', 2, 3],
  ['no name', '[\n  {"description": "x"}\n]', 'noName', 2, 3],
  ['a name that is none', '[{"name": "get weather"}]', 'badName', 1, 11],
  ['a name twice', '[{"name": "f"},\n {"name": "f"}]', 'twice', 2, 11],
  ['a description that is no text', '[{"name": "f", "description": 1}]', 'badDescription', 1, 31],
  [
    'parameters that are no schema of an object',
    '[{"name": "f",\n"parameters": {"type": "string"}}]',
    'badParameters',
    2,
    15,
  ],
])('%s is told with its place', (_title, text, fault, line, column) => {
  expect(readTools(text)).toMatchObject({ kind: 'invalid', fault, line, column });
});
