import { expect, test } from 'vitest';
import { addChunk, callsOf, nothingYet, type Chunk } from './answer-sum.ts';

type Deltas = NonNullable<NonNullable<NonNullable<Chunk['choices']>[number]['delta']>['tool_calls']>;

const calls = (...tool_calls: Deltas): Chunk => ({ choices: [{ delta: { tool_calls } }] });
const sumOf = (chunks: readonly Chunk[]) => chunks.reduce(addChunk, nothingYet);
const shown = (chunks: readonly Chunk[]) =>
  callsOf(sumOf(chunks)).map(({ id, function: { name, arguments: text } }) => [id, name, text]);

test('text and usage are gathered from where they come', () => {
  const sum = sumOf([
    { choices: [{ delta: { content: 'Good ' } }] },
    { choices: [{ delta: { content: 'day' } }], usage: null },
    { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
  ]);
  expect(sum).toMatchObject({ text: 'Good day', usage: { prompt_tokens: 3, completion_tokens: 2 } });
});

test('arguments that come in pieces, also inside a character escape, are put together', () => {
  expect(
    shown([
      calls({ index: 0, id: 'a', function: { name: 'weather', arguments: '' } }),
      calls({ index: 0, function: { arguments: '{"city":"K\\u00' } }),
      calls({ index: 0, function: { arguments: 'f6ln"}' } }),
    ]),
  ).toEqual([['a', 'weather', '{"city":"K\\u00f6ln"}']]);
});

test('parallel calls keep apart though their pieces alternate, and come in one event', () => {
  expect(
    shown([
      calls({ index: 0, id: 'a', function: { name: 'one' } }, { index: 1, id: 'b', function: { name: 'two' } }),
      calls({ index: 1, function: { arguments: '{"n"' } }, { index: 0, function: { arguments: '{}' } }),
      calls({ index: 1, function: { arguments: ':2}' } }),
    ]),
  ).toEqual([
    ['a', 'one', '{}'],
    ['b', 'two', '{"n":2}'],
  ]);
});

test('another id is another call, though a server numbers all of them 0 or none', () => {
  for (const numbered of [{ index: 0 }, {}])
    expect(
      shown([
        calls({ ...numbered, id: 'a', function: { name: 'one', arguments: '{}' } }),
        calls({ ...numbered, id: 'b', function: { name: 'one', arguments: '{"n":' } }),
        calls({ ...numbered, function: { arguments: '1}' } }),
      ]),
    ).toEqual([
      ['a', 'one', '{}'],
      ['b', 'one', '{"n":1}'],
    ]);
});

test('a name in two pieces is one, and one said again is not doubled', () => {
  expect(
    shown([
      calls({ index: 0, id: 'a', function: { name: 'get_' } }),
      calls({ index: 0, function: { name: 'weather' } }),
      calls({ index: 0, id: 'a', function: { name: 'get_weather', arguments: '{}' } }),
    ]),
  ).toEqual([['a', 'get_weather', '{}']]);
});

test('an id that comes later belongs to the call that has none, and one that never comes is made', () => {
  expect(
    shown([
      calls({ index: 0, function: { name: 'one' } }),
      calls({ index: 0, id: 'late', function: { arguments: '{}' } }),
      calls({ index: 1, function: { name: 'two', arguments: '{}' } }),
    ]),
  ).toEqual([
    ['late', 'one', '{}'],
    ['call_1', 'two', '{}'],
  ]);
});
