import { expect, test } from 'vitest';
import type { JsonObject } from '../providers/provider.ts';
import { operatorKey, refused, type Bench } from './describe-provider-bench.ts';
import type { FakeUsage } from './fake-upstream-script.ts';
import { chunksIn, contentIn, listen, streamOf } from './hear-stream.ts';

const calls = [
  { id: 'call_a1', name: 'weather', arguments: '{"city":"Köln 🌧","days":2}' },
  { id: 'call_b2', name: 'time', arguments: '{}' },
];
const tools = calls.map(({ name }) => ({
  type: 'function',
  function: { name, description: name, parameters: { type: 'object', properties: {} } },
}));
const usage: FakeUsage = {
  prompt_tokens: 120,
  completion_tokens: 40,
  prompt_tokens_details: { cached_tokens: 100 },
  completion_tokens_details: { reasoning_tokens: 25 },
};

/** The one choice of a whole answer. */
interface WholeChoice {
  readonly finish_reason: string;
  readonly message: {
    readonly role: string;
    readonly content: string | null;
    readonly reasoning_content?: string;
    readonly tool_calls?: readonly {
      readonly id: string;
      readonly type: string;
      readonly function: { readonly name: string; readonly arguments: string };
    }[];
  };
}

async function whole(bench: Bench, body: JsonObject = {}): Promise<{ body: JsonObject; choice: WholeChoice }> {
  const answer = await bench.chat({ body });
  if (answer.kind !== 'json') throw new Error('not an answer in one piece');
  expect(JSON.parse(answer.text)).toEqual(answer.body);
  const [choice] = answer.body['choices'] as WholeChoice[];
  if (choice === undefined) throw new Error('an answer without a choice');
  return { body: answer.body, choice };
}

async function streamed(bench: Bench, body: JsonObject = {}): Promise<readonly string[]> {
  const heard = listen(await streamOf(bench.chat({ stream: true, body })));
  await heard.over;
  expect(heard.outcome).toBe('end');
  return heard.events;
}

function finishReasons(events: readonly string[]): string[] {
  return chunksIn(events)
    .flatMap((chunk) => chunk.choices.map((choice) => choice.finish_reason))
    .filter((reason) => reason !== null);
}

/** The tool calls of a stream put together as clients do. */
function assembledCalls(events: readonly string[]): { id: string; name: string; arguments: unknown }[] {
  const built = new Map<number, { id: string; name: string; text: string }>();
  for (const piece of chunksIn(events).flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])) {
    const call = built.get(piece.index) ?? { id: '', name: '', text: '' };
    if (piece.id !== undefined) {
      expect(piece.type).toBe('function');
      call.id = piece.id;
    }
    call.name += piece.function.name ?? '';
    call.text += piece.function.arguments ?? '';
    built.set(piece.index, call);
  }
  expect([...built.keys()]).toEqual([...built.keys()].map((_key, index) => index));
  return [...built.values()].map(({ id, name, text }) => ({ id, name, arguments: JSON.parse(text) as unknown }));
}

const wanted = calls.map((call) => ({ ...call, arguments: JSON.parse(call.arguments) as unknown }));

function checkWholeAnswers(bench: Bench): void {
  test('an answer in one piece is a chat.completion', async () => {
    const { body, choice } = await whole(bench);
    expect(body).toMatchObject({ object: 'chat.completion', usage: { prompt_tokens: 2, completion_tokens: 4 } });
    expect([typeof body['id'], typeof body['created']]).toEqual(['string', 'number']);
    expect(choice).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'You said: hello there' },
    });
    const { credential } = bench.traits;
    expect(bench.request().headers).toMatchObject({
      [credential.header]: `${credential.prefix}${operatorKey}`,
      'x-request-id': 'req_1',
    });
  });

  test('tool calls come together, whole', async () => {
    bench.upstream().script(bench.model(), { kind: 'chat', toolCalls: calls });
    const { choice } = await whole(bench, { tools });
    expect([choice.finish_reason, choice.message.content]).toEqual(['tool_calls', null]);
    const given = choice.message.tool_calls?.map(({ id, function: called }) => ({
      id,
      name: called.name,
      arguments: JSON.parse(called.arguments) as unknown,
    }));
    expect(given).toEqual(wanted);
  });

  test('the results of tool calls are sent back, and answered', async () => {
    const history = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'How is it?' },
      {
        role: 'assistant',
        content: null,
        tool_calls: calls.map(({ id, name, arguments: text }) => ({
          id,
          type: 'function',
          function: { name, arguments: text },
        })),
      },
      { role: 'tool', tool_call_id: 'call_a1', content: 'rain-result' },
      { role: 'tool', tool_call_id: 'call_b2', content: 'noon-result' },
    ];
    bench.upstream().script(bench.model(), { kind: 'chat', content: 'Wet.' });
    const { choice } = await whole(bench, { tools, messages: history });
    expect(choice.message.content).toBe('Wet.');
    const { bodyText } = bench.request();
    for (const part of ['Be brief.', 'rain-result', 'noon-result', 'weather', 'Köln']) expect(bodyText).toContain(part);
  });

  test('cached and reasoning tokens are kept apart, whole and streamed', async () => {
    bench.upstream().script(bench.model(), { kind: 'chat', content: 'Yes.', usage });
    const { body } = await whole(bench);
    expect(body['usage']).toMatchObject({ ...usage, total_tokens: 160 });
    const counted = chunksIn(await streamed(bench)).flatMap((chunk) => chunk.usage ?? []);
    expect(counted.at(-1)).toMatchObject({ ...usage, total_tokens: 160 });
  });

  test('an answer without usage has none: nothing is made up', async () => {
    bench.upstream().script(bench.model(), { kind: 'chat', content: 'Yes.', usage: null });
    expect((await whole(bench)).body['usage']).toBeUndefined();
    expect(chunksIn(await streamed(bench)).flatMap((chunk) => chunk.usage ?? [])).toEqual([]);
  });

  test.each(['length', 'content_filter'])('the finish reason %s is said, whole and streamed', async (reason) => {
    bench.upstream().script(bench.model(), { kind: 'chat', content: 'One two', finishReason: reason });
    expect((await whole(bench)).choice.finish_reason).toBe(reason);
    expect(finishReasons(await streamed(bench))).toEqual([reason]);
  });

  test('thoughts are reasoning_content, whole and streamed', async () => {
    bench.upstream().script(bench.model(), { kind: 'chat', content: 'Four.', reasoning: 'Two and two.' });
    const { message } = (await whole(bench)).choice;
    expect([message.content, message.reasoning_content]).toEqual(['Four.', 'Two and two.']);
    const events = await streamed(bench);
    const thoughts = chunksIn(events).map((chunk) => chunk.choices[0]?.delta.reasoning_content ?? '');
    expect([contentIn(events), thoughts.join('')]).toEqual(['Four.', 'Two and two.']);
  });
}

function checkStreams(bench: Bench): void {
  test('a stream says the role first, then text, one finish reason, usage and [DONE]', async () => {
    bench.upstream().script(bench.model(), { kind: 'chat', content: 'one two three' });
    const events = await streamed(bench);
    expect(events.at(-1)).toBe('[DONE]');
    expect(contentIn(events)).toBe('one two three');
    const chunks = chunksIn(events);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(finishReasons(events)).toEqual(['stop']);
    expect(chunks.flatMap((chunk) => chunk.usage ?? [])).toMatchObject([{ prompt_tokens: 2, completion_tokens: 3 }]);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks[0]?.id).not.toBe('');
    expect(chunks.every((chunk) => chunk.object === 'chat.completion.chunk' && Array.isArray(chunk.choices))).toBe(
      true,
    );
  });

  test('tool calls come together, in pieces', async () => {
    bench.upstream().script(bench.model(), { kind: 'chat', toolCalls: calls });
    const events = await streamed(bench, { tools });
    expect(assembledCalls(events)).toEqual(wanted);
    expect(finishReasons(events)).toEqual(['tool_calls']);
  });

  test.each([
    { splitBytes: 1 },
    { splitBytes: 7, crlf: true },
    { comments: true },
    { joinAll: true },
    { joinAll: true, splitBytes: 3, crlf: true, comments: true },
  ])('a stream is whole, cut as %j', async (stream) => {
    bench.upstream().script(bench.model(), { kind: 'chat', content: 'Grüße 漢字 🎈\u2028 end', stream });
    const events = await streamed(bench);
    expect([contentIn(events), finishReasons(events)]).toEqual(['Grüße 漢字 🎈\u2028 end', ['stop']]);
  });

  test('what arrived before anybody listened is not lost', async () => {
    bench.upstream().script(bench.model(), { kind: 'chat', content: 'one two three', stream: { joinAll: true } });
    const events = await streamOf(bench.chat({ stream: true }));
    await bench.upstream().until(() => bench.request().finished);
    for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
    const heard = listen(events);
    await heard.over;
    expect([heard.outcome, contentIn(heard.events)]).toEqual(['end', 'one two three']);
    expect(heard.flushes).toBeGreaterThan(0);
  });
}

function checkCredentials(bench: Bench): void {
  test('a key of the tenant’s own takes the place of the operator’s', async () => {
    const own = 'sk-tenant-9876543210';
    await bench.chat({ credential: own });
    const { header, prefix } = bench.traits.credential;
    const { headers } = bench.request();
    expect(headers[header]).toBe(`${prefix}${own}`);
    expect(JSON.stringify(headers)).not.toContain(operatorKey);
  });

  test('a key of the tenant’s own that is refused is told as such', async () => {
    bench.upstream().script(bench.model(), { kind: 'status', status: 401 });
    const [own, ours] = [await refused(bench.chat({ credential: 'sk-tenant' })), await refused(bench.chat())];
    expect([own.code, ours.code]).toEqual(['UPSTREAM_AUTH', 'UPSTREAM_AUTH']);
    expect(own.message).toContain('you have stored');
    expect(ours.message).not.toContain('you have stored');
  });
}

function checkPassingThrough(bench: Bench): void {
  test('fields nobody here has heard of go through both ways', async () => {
    bench.upstream().script(bench.model(), { kind: 'chat', headers: {} });
    const { body } = await whole(bench, { shiny_new_field: { deep: [1] } });
    expect(bench.request().body).toMatchObject({ shiny_new_field: { deep: [1] } });
    expect(body).toMatchObject({ system_fingerprint: 'fp_fake' });
  });
}

/** What answers must be like. */
export function checkAnswers(bench: Bench): void {
  checkWholeAnswers(bench);
  checkStreams(bench);
  checkCredentials(bench);
  if (bench.traits.passesThrough) checkPassingThrough(bench);
}
