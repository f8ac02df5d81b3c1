import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFakeUpstream, type FakeUpstream } from '../packages/server/src/testing/fake-upstream.ts';
import { codeSamples } from '../packages/web/src/features/playground/code-samples.ts';
import { asCurl } from '../packages/web/src/features/requests/as-curl.ts';
import { ledgerSurfaces } from '../packages/contract/src/ledger-surfaces.ts';
import { cleanUp, startTurnpike, temporaryFolder, upstreamConfig, type Turnpike } from './turnpike-process.ts';

const run = promisify(execFile);
const picture = 'iVBORw0KGgo=';
const nasty = 'It\'s "so": true, null, `code` $HOME $(id) \\ \n\uFEFF🎉 PICTURE1 %s';
const request = {
  model: 'public-sample',
  temperature: 0.5,
  response_format: { type: 'json_object' },
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: nasty },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"n": null}' } }],
    },
    { role: 'tool', tool_call_id: 'a', content: 'null' },
  ],
  tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', additionalProperties: false } } }],
} as const;

/** Stands in the place of OpenAI's client for Python: it sends what it is given. */
const pythonClient = `
import json, types, urllib.request

class OpenAI:
    def __init__(self, base_url, api_key):
        def create(**request):
            sent = urllib.request.Request(base_url + "/chat/completions", json.dumps(request).encode(),
                {"authorization": "Bearer " + api_key, "content-type": "application/json"})
            with urllib.request.urlopen(sent) as answer:
                told = json.load(answer)
            message = types.SimpleNamespace(tool_calls=None, content=told["choices"][0]["message"]["content"])
            return types.SimpleNamespace(choices=[types.SimpleNamespace(message=message)])
        self.chat = types.SimpleNamespace(completions=types.SimpleNamespace(create=create))
`;

let upstream: FakeUpstream;
let turnpike: Turnpike;
let folder: string;
let key: string;

beforeAll(async () => {
  upstream = await startFakeUpstream();
  upstream.script('sample', { kind: 'chat', content: 'understood' });
  turnpike = await startTurnpike({ config: upstreamConfig(upstream.url, ['sample']) });
  ({ key } = await turnpike.createKey('wide'));
  folder = await temporaryFolder();
  await writeFile(join(folder, 'picture-1.png'), Buffer.from(picture, 'base64'));
});
afterAll(async () => {
  await cleanUp();
  await upstream.close();
});

function has(program: string): Promise<boolean> {
  return run('sh', ['-c', `command -v ${program}`]).then(
    () => true,
    () => false,
  );
}

async function carryOut(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await run(program, args, { cwd: folder, env: { ...process.env, API_KEY: key, ...env } });
  return stdout;
}

const codeOf = (id: string) => codeSamples(turnpike.url, request).find((each) => each.id === id)?.code ?? '';

/** What the model was asked, its name aside: that is the upstream's own. */
function asked(): unknown {
  return { ...upstream.requestsFor('sample').at(-1)?.body, model: request.model };
}

test('the line for the shell asks just what was meant, its picture read from a file', async () => {
  expect(await carryOut('sh', ['-c', codeOf('curl')])).toContain('understood');
  expect(asked()).toEqual(request);
});

test('the program for Node asks just what was meant', async () => {
  // Where the client is installed.
  const file = join(import.meta.dirname, `.sample-${String(process.pid)}.ts`);
  await writeFile(file, codeOf('typescript'));
  try {
    expect(await carryOut(process.execPath, [file])).toContain('understood');
  } finally {
    await run('rm', [file]);
  }
  expect(asked()).toEqual(request);
});

test.runIf(await has('python3'))(
  'the program for Python asks just what was meant (install python3 to run)',
  async () => {
    await writeFile(join(folder, 'openai.py'), pythonClient);
    await writeFile(join(folder, 'sample.py'), codeOf('python'));
    expect(await carryOut('python3', ['sample.py'])).toContain('understood');
    expect(asked()).toEqual(request);
  },
);

test.runIf(await has('go'))(
  'the program for Go is whole, and asks just what was meant (install go to run)',
  { timeout: 120_000 },
  async () => {
    const home = join(folder, 'go');
    await mkdir(home);
    await writeFile(join(folder, 'sample.go'), codeOf('go'));
    const env = { GOCACHE: join(home, 'cache'), GOPATH: home, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };
    expect(await carryOut('go', ['run', 'sample.go'], env)).toContain('understood');
    expect(asked()).toEqual(request);
  },
);

test('a request of the log is shown as curl at a path that the served document has', async () => {
  const document = (await (await fetch(`${turnpike.url}/openapi.json`)).json()) as { paths: Record<string, object> };
  for (const surface of ledgerSurfaces) {
    const command = asCurl('', { surface, model: 'm', body: undefined }, 'not kept') ?? '';
    const path = /^curl (\S+)/.exec(command)?.[1] ?? '';
    expect([surface, path, Object.keys(document.paths[path] ?? {})]).toEqual([
      surface,
      path,
      expect.arrayContaining(['post']),
    ]);
  }
});
