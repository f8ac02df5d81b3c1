import { createServer, type Server } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cleanUp, startTurnpike, type Turnpike } from './turnpike-process.ts';

interface Asked {
  readonly input: readonly string[];
}

let server: Server;
let turnpike: Turnpike;
let isSick = false;
let texts = 0;

/** Knows one thing: that whoever speaks of a "qwertz" means reading a stream on. */
function vectorOf(text: string): number[] {
  return /Last-Event-ID|qwertz/i.test(text) ? [1, 0.01] : [0.01, 1];
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void readText(request).then((body) => {
      if (request.method !== 'POST') {
        response.writeHead(404).end();
        return;
      }
      const { input } = JSON.parse(body) as Asked;
      texts += input.length;
      response.writeHead(isSick ? 500 : 200, { 'content-type': 'application/json' });
      const data = input.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) }));
      response.end(JSON.stringify({ object: 'list', model: 'm', data, usage: { prompt_tokens: 1, total_tokens: 1 } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  turnpike = await startTurnpike({
    config: {
      upstreams: { meanings: { kind: 'openai', base_url: `http://127.0.0.1:${port}/v1` } },
      models: {
        meanings: {
          targets: [{ upstream: 'meanings', model: 'm' }],
          context_tokens: 8_000,
          max_output_tokens: 1,
          capabilities: ['embeddings'],
        },
      },
      hub: { embedding_model: 'meanings', asks_per_hour: 1_000 },
    },
  });
});
afterAll(async () => {
  await cleanUp();
  server.close();
});

async function ask(query: string): Promise<{ readonly citations: readonly string[]; readonly answer: string }> {
  const answer = await fetch(`${turnpike.url}/api/ask.php`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { citations: string[]; answer: string };
}

test('a question in words that no page has is answered from the pages that mean the same', async () => {
  await vi.waitFor(
    async () => {
      expect((await ask('qwertz')).citations.length).toBeGreaterThan(0);
    },
    { timeout: 60_000, interval: 500 },
  );
  expect(texts).toBeGreaterThan(20);
  const [first] = (await ask('qwertz')).citations;
  expect(await (await fetch(first ?? '', { headers: { accept: 'text/markdown' } })).text()).toContain('Last-Event-ID');
});

test('a question asked often keeps its answer', async () => {
  expect((await ask('Which plans are there?')).answer).toContain('Freelancer');
});

test('where the model fails the words alone find the page', async () => {
  isSick = true;
  expect((await ask('what is Last-Event-ID good for when reading /v1/streams')).citations.length).toBeGreaterThan(0);
  expect((await ask('qwertz')).answer).toContain('found nothing');
  isSick = false;
});
