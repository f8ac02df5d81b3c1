import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../provider.ts';
import fixture from './fixtures/request-tools.json' with { type: 'json' };
import { methodPath } from './model-name.ts';
import { standInSignature } from './signature.ts';
import { toCountTokens, toGenerateContent } from './to-generate-content.ts';

const user = { role: 'user', content: 'hi' };
const asked = (body: JsonObject) => toGenerateContent({ model: 'gemini-2.5-flash', messages: [user], ...body });
const configOf = (body: JsonObject) => asked(body)['generationConfig'];
const contentsOf = (messages: unknown, model = 'gemini-2.5-flash') => asked({ messages, model })['contents'];
const called = (id: string, name: string, text = '{}', extra: JsonObject = {}) => ({
  id,
  type: 'function',
  function: { name, arguments: text },
  ...extra,
});

describe('a chat request in Gemini’s words', () => {
  test('has everything the documentation has a place for', () => {
    expect(toGenerateContent(fixture.chat)).toEqual(fixture.request);
  });

  test('says nothing of what was not asked', () => {
    expect(asked({ n: 1, tools: [], stop: null, max_tokens: null, response_format: { type: 'text' } })).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
    });
  });

  const f = { type: 'function', function: { name: 'f' } };
  const g = { type: 'function', function: { name: 'g' } };
  const allowed = (mode: string) => ({ type: 'allowed_tools', allowed_tools: { mode, tools: [g] } });
  test.each([
    [undefined, undefined, ['f', 'g']],
    ['auto', { mode: 'AUTO' }, ['f', 'g']],
    ['none', { mode: 'NONE' }, ['f', 'g']],
    ['required', { mode: 'ANY' }, ['f', 'g']],
    [f, { mode: 'ANY', allowedFunctionNames: ['f'] }, ['f', 'g']],
    [allowed('required'), { mode: 'ANY', allowedFunctionNames: ['g'] }, ['f', 'g']],
    [allowed('auto'), { mode: 'AUTO' }, ['g']],
  ])('with tool_choice %j has %j', (choice, config, names) => {
    const { tools, toolConfig } = asked({ tools: [f, g], tool_choice: choice });
    expect(toolConfig).toEqual(config === undefined ? undefined : { functionCallingConfig: config });
    expect(tools).toEqual([{ functionDeclarations: names.map((name) => ({ name })) }]);
    expect(asked({ tool_choice: choice })).not.toHaveProperty('toolConfig');
  });

  test.each([
    [undefined, false],
    [{ type: 'object' }, false],
    [{ type: 'object', properties: {}, additionalProperties: false, $schema: 'x' }, false],
    [{ type: 'object', additionalProperties: { type: 'string' } }, true],
    [{ $ref: '#/$defs/a', $defs: { a: { type: 'object' } } }, true],
    [{ anyOf: [{ type: 'object' }] }, true],
  ])('tells of parameters %j: %j', (parameters, isTold) => {
    const { tools } = asked({ tools: [{ type: 'function', function: { name: 'f', parameters } }] });
    const declaration = { name: 'f', ...(isTold ? { parametersJsonSchema: parameters } : {}) };
    expect(tools).toEqual([{ functionDeclarations: [declaration] }]);
  });

  test('has functions and calls of the old form', () => {
    const request = asked({
      functions: [{ name: 'f', parameters: { type: 'object' } }],
      function_call: { name: 'f' },
      messages: [
        user,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
        { role: 'function', name: 'f', content: 'done' },
      ],
    });
    expect(request).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'f' }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
      contents: [
        { role: 'user' },
        { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 1 } } }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: { output: 'done' } } }] },
      ],
    });
  });

  test('asks for JSON with a schema or without, and for images', () => {
    expect(configOf({ response_format: { type: 'json_object' } })).toEqual({ responseMimeType: 'application/json' });
    expect(configOf({ modalities: ['text', 'image'] })).toEqual({ responseModalities: ['TEXT', 'IMAGE'] });
    expect(asked({ modalities: ['text'] })).not.toHaveProperty('generationConfig');
  });

  test('of instructions alone lets somebody say them', () => {
    expect(asked({ messages: [{ role: 'system', content: 'Say hi.' }] })).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Say hi.' }] }],
    });
  });

  test.each([
    [5, 5],
    [-1, -1],
    [2 ** 31, -(2 ** 31)],
    [2 ** 53 - 1, -1],
  ])('has the seed %i as the 32 bits %i', (seed, expected) => {
    expect(configOf({ seed })).toEqual({ seed: expected });
  });

  test.each([
    [{ audio: { voice: 'a' } }, 'audio', 'UNSUPPORTED_CAPABILITY'],
    [{ tools: [{ type: 'custom', custom: {} }] }, 'tools.0.type', 'UNSUPPORTED_CAPABILITY'],
    [{ tools: [f], tool_choice: { type: 'custom' } }, 'tool_choice', 'UNSUPPORTED_CAPABILITY'],
    [
      { messages: [user, { role: 'user', content: [{ type: 'video' }] }] },
      'messages.1.content.0',
      'UNSUPPORTED_CAPABILITY',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] },
      'messages.0.content.0.file',
      'UNSUPPORTED_CAPABILITY',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: '' } }] }] },
      'messages.0.content.0.input_audio',
      'UNSUPPORTED_CAPABILITY',
    ],
    [
      { messages: [user, { role: 'tool', tool_call_id: 'nobody’s', content: 'x' }] },
      'messages.1.tool_call_id',
      'INVALID_REQUEST',
    ],
  ])('that cannot say %j is refused for %s', (body, param, code) => {
    expect(() => asked(body)).toThrow(expect.objectContaining({ code, param }) as Error);
  });
});

describe('an image', () => {
  const image = (url: unknown) => contentsOf([{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }]);

  test.each([
    ['data:image/svg+xml,%3Csvg%2F%3E', { mimeType: 'image/svg+xml', data: 'PHN2Zy8+' }],
    ['DATA:image/png;charset=x;base64,QUJD', { mimeType: 'image/png', data: 'QUJD' }],
  ])('in a URL %s is sent as bytes', (url, inlineData) => {
    expect(image(url)).toEqual([{ role: 'user', parts: [{ inlineData }] }]);
  });

  test.each([
    undefined,
    'cat.png',
    'data:,text',
    'data:image/png;base64',
    'data:image/png,%zz',
    'ftp://example.com/a.png',
    'gs://bucket/a.png',
    'https://generativelanguage.googleapis.com/v1beta/files/another-tenants',
    'https://GenerativeLanguage.googleapis.com./v1beta/files/a',
    'https://eu.generativelanguage.googleapis.com/v1beta/files/a',
  ])('at %s is not to be had', (url) => {
    const param = 'messages.0.content.0.image_url';
    expect(() => image(url)).toThrow(expect.objectContaining({ param }) as Error);
  });
});

describe('results of calls', () => {
  const turn = (content: unknown, name = 'look') =>
    contentsOf([
      user,
      { role: 'assistant', tool_calls: [called('a', name)] },
      { role: 'tool', tool_call_id: 'a', content },
    ]);

  test.each([
    ['{"id":12345678901234567890}', { output: '{"id":12345678901234567890}' }],
    ['{"list":[{"id":9007199254740993}]}', { output: '{"list":[{"id":9007199254740993}]}' }],
    ['{"price":1.5,"id":9007199254740991}', { price: 1.5, id: 9_007_199_254_740_991 }],
    ['[1]', { output: '[1]' }],
    ['', { output: '' }],
    [null, { output: '' }],
  ])('%s are %j: no number is rounded', (content, response) => {
    expect(turn(content)).toMatchObject([{}, {}, { parts: [{ functionResponse: { name: 'look', response } }] }]);
  });

  test('and arguments too deep for Gemini go as text', () => {
    const deep = `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    expect(turn(deep)).toMatchObject([{}, {}, { parts: [{ functionResponse: { response: { output: deep } } }] }]);
    const contents = contentsOf([user, { role: 'assistant', tool_calls: [called('a', 'f', deep)] }]);
    expect(contents).toMatchObject([{}, { parts: [{ functionCall: { args: { arguments: deep } } }] }]);
  });

  test('may have images beside words', () => {
    const url = 'data:image/png;base64,QUJD';
    expect(
      turn([
        { type: 'text', text: 'See:' },
        { type: 'image_url', image_url: { url } },
      ]),
    ).toMatchObject([
      {},
      {},
      {
        parts: [
          {
            functionResponse: {
              response: { output: 'See:' },
              parts: [{ inlineData: { mimeType: 'image/png', data: 'QUJD' } }],
            },
          },
        ],
      },
    ]);
  });

  test('have the name of the last call with their id', () => {
    const contents = contentsOf([
      user,
      { role: 'assistant', tool_calls: [called('same', 'first')] },
      { role: 'tool', tool_call_id: 'same', content: '1' },
      { role: 'assistant', tool_calls: [called('same', 'second')] },
      { role: 'tool', tool_call_id: 'same', content: '2' },
    ]);
    expect(JSON.stringify(contents).match(/"name":"\w+"/g)).toEqual(
      ['first', 'first', 'second', 'second'].map((name) => `"name":"${name}"`),
    );
  });
});

describe('signatures', () => {
  const history = (extra: JsonObject) => [
    user,
    { role: 'assistant', content: 'So:', tool_calls: [called('a', 'f', '{}', extra), called('b', 'f')] },
  ];
  const signed = { extra_content: { google: { thought_signature: 'AbCd' } } };

  test.each([
    ['gemini-3.1-pro-preview', {}, [undefined, standInSignature, undefined]],
    ['gemini-flash-latest', {}, [undefined, standInSignature, undefined]],
    ['gemini-3-flash', signed, [undefined, 'AbCd', undefined]],
    ['gemini-2.5-pro', {}, [undefined, undefined, undefined]],
    ['gemini-2.5-pro', signed, [undefined, 'AbCd', undefined]],
    ['gemma-4-27b-it', {}, [undefined, undefined, undefined]],
    [
      'gemini-3-flash',
      { extra_content: { google: { thought_signature: 7 } } },
      [undefined, standInSignature, undefined],
    ],
  ])('for %s of a call with %j are %j', (model, extra, signatures) => {
    const [, answered] = contentsOf(history(extra), model) as { parts: { thoughtSignature?: string }[] }[];
    expect(answered?.parts.map((part) => part.thoughtSignature)).toEqual(signatures);
  });

  test('of a text come back with it', () => {
    const contents = contentsOf([user, { role: 'assistant', content: 'Yes.', ...signed }, user]);
    expect(contents).toMatchObject([{}, { parts: [{ text: 'Yes.', thoughtSignature: 'AbCd' }] }, {}]);
  });
});

describe('the effort of reasoning', () => {
  const thinking = (model: string, effort: string, body: JsonObject = {}) => {
    const { generationConfig } = asked({ model, reasoning_effort: effort, ...body }) as {
      generationConfig?: JsonObject;
    };
    return generationConfig?.['thinkingConfig'];
  };

  test.each([
    ['gemini-2.5-flash', 'none', { thinkingBudget: 0 }],
    ['gemini-2.5-pro', 'none', { thinkingBudget: 128 }],
    ['gemini-2.5-flash-lite', 'low', { thinkingBudget: 1_024, includeThoughts: true }],
    ['models/gemini-2.5-flash', 'medium', { thinkingBudget: 8_192, includeThoughts: true }],
    ['gemini-2.5-pro', 'high', { thinkingBudget: 24_576, includeThoughts: true }],
    ['gemini-3-flash-preview', 'none', { thinkingLevel: 'minimal' }],
    ['gemini-3-flash-preview', 'minimal', { thinkingLevel: 'minimal', includeThoughts: true }],
    ['gemini-3.1-pro-preview', 'minimal', { thinkingLevel: 'low', includeThoughts: true }],
    ['gemini-3.1-pro-preview', 'none', { thinkingLevel: 'low' }],
    ['gemini-flash-latest', 'xhigh', { thinkingLevel: 'high', includeThoughts: true }],
    ['gemini-3-flash-preview', 'immense', undefined],
    ['gemini-2.5-flash', 'immense', undefined],
    ['gemini-2.5-flash', 'constructor', undefined],
    ['gemini-2.0-flash', 'high', undefined],
    ['gemma-4-27b-it', 'high', undefined],
  ])('of %s at %s is %j', (model, effort, expected) => {
    expect(thinking(model, effort)).toEqual(expected);
  });

  test('leaves room for words', () => {
    expect(thinking('gemini-2.5-flash', 'high', { max_tokens: 4_000 })).toMatchObject({ thinkingBudget: 3_000 });
    expect(thinking('gemini-2.5-flash', 'high', { max_tokens: 400 })).toEqual({ thinkingBudget: 0 });
  });

  test('gives way to what a caller asks of Gemini itself', () => {
    const google = {
      thinking_config: { thinking_budget: 77, include_thoughts: true },
      cached_content: 'another-tenants',
    };
    const request = asked({ reasoning_effort: 'high', extra_body: { google } });
    expect(request['generationConfig']).toEqual({ thinkingConfig: { thinkingBudget: 77, includeThoughts: true } });
    expect(JSON.stringify(request)).not.toContain('another-tenants');
  });
});

describe('a model', () => {
  test.each([
    ['gemini-2.5-flash', '/models/gemini-2.5-flash:generateContent'],
    ['models/gemini-2.5-flash', '/models/gemini-2.5-flash:generateContent'],
    ['tunedModels/my model', '/tunedModels/my%20model:generateContent'],
    ['a?b#c', '/models/a%3Fb%23c:generateContent'],
  ])('%s is at %s', (model, path) => {
    expect(methodPath(model, 'generateContent')).toBe(path);
  });

  test('counts the prompt without how to answer it', () => {
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const { generateContentRequest } = toCountTokens({ model: 'g', messages: [user], tools, temperature: 1 });
    expect(generateContentRequest).toEqual({
      model: 'models/g',
      contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
      tools: [{ functionDeclarations: [{ name: 'f' }] }],
    });
  });
});

const text = fc.string({ unit: 'grapheme' });
const call = fc.record({ name: fc.stringMatching(/^[a-z_]{1,12}$/), arguments: fc.json() });
/** A turn with calls, and the results of all of them. */
const step = fc.array(fc.record({ call, result: text }), { minLength: 1, maxLength: 3 });
const history = fc.array(
  fc.oneof(
    fc.record({ role: fc.constantFrom('user', 'system', 'assistant'), content: text }).map((message) => [message]),
    step.map((steps) => [
      {
        role: 'assistant',
        content: null,
        tool_calls: steps.map(({ call: made }, index) => ({
          id: `c${String(index)}`,
          type: 'function',
          function: made,
        })),
      },
      ...steps.map(({ result }, index) => ({ role: 'tool', tool_call_id: `c${String(index)}`, content: result })),
    ]),
  ),
  { minLength: 1, maxLength: 8 },
);

interface GivenPart {
  readonly text?: string;
  readonly functionCall?: { readonly id: string; readonly name: string; readonly args: unknown };
  readonly functionResponse?: { readonly id: string; readonly name: string };
}

test('any history keeps every word, and answers every call right after it, by its name', () => {
  fc.assert(
    fc.property(history, (turns) => {
      const messages = turns.flat();
      const { contents, systemInstruction } = asked({ messages }) as {
        contents: { role: string; parts: GivenPart[] }[];
        systemInstruction?: { parts: GivenPart[] };
      };
      const said = (role: string) =>
        messages.filter((message) => message.role === role && message.content !== '').map((message) => message.content);
      if (messages.every((message) => message.role === 'system' || message.content === '')) return;
      const texts = (role: string) =>
        contents
          .filter((content) => content.role === role)
          .flatMap((content) => content.parts.flatMap((part) => part.text ?? []));
      expect(texts('user')).toEqual(said('user'));
      expect(texts('model')).toEqual(said('assistant').filter((content) => content !== null));
      expect(systemInstruction?.parts.map((part) => part.text) ?? []).toEqual(said('system'));
      expect(contents.every((content) => content.parts.length > 0)).toBe(true);
      for (const [index, { parts }] of contents.entries()) {
        const calls = parts.flatMap((part) => part.functionCall ?? []);
        const results = contents[index + 1]?.parts.flatMap((part) => part.functionResponse ?? []) ?? [];
        if (calls.length > 0)
          expect(results.map(({ id, name }) => [id, name])).toEqual(calls.map(({ id, name }) => [id, name]));
      }
    }),
  );
});
