import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startConformanceServer } from '../packages/server/src/testing/mcp-conformance-app.ts';
import { temporaryFolder, cleanUp } from './turnpike-process.ts';

let server: Awaited<ReturnType<typeof startConformanceServer>>;
let out = '';

beforeAll(async () => {
  server = await startConformanceServer();
  out = await temporaryFolder();
});
afterAll(async () => {
  await server.app.close();
  await cleanUp();
});

/** Runs the official suite. @returns its summary: a line for each scenario */
async function conformance(requirements: string): Promise<string> {
  const cli = join(import.meta.dirname, '../node_modules/@modelcontextprotocol/conformance/dist/index.js');
  const args = ['server', '--url', server.url, '--requirements', requirements, '-o', join(out, requirements)];
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  const [, summary = ''] = `${output}${errors}`.split('=== SUMMARY ===');
  return summary;
}

describe('the official conformance suite of MCP', () => {
  test.each([
    ['2026-07-28', 37],
    ['2025-11-25', 30],
  ])(
    'passes for %s: all %i scenarios that are scored',
    // On a busy machine the suite's own client loses a message now and then and waits 30 s for it.
    { timeout: 120_000, retry: 2 },
    async (requirements, scored) => {
      const summary = await conformance(requirements);
      const [scenarios = '', unscored = ''] = summary.split('Not scored for');
      const outside = new Set([...unscored.matchAll(/[✓✗] ([a-z0-9-]+) \(/g)].map(([, name]) => name));
      const results = [...scenarios.matchAll(/([✓✗]) ([a-z0-9-]+): (\d+) passed, (\d+) failed/g)]
        .filter(([, , name]) => !outside.has(name))
        .map(([, mark, name, , failed]) => ({ name, passed: mark === '✓' && failed === '0' }));
      expect(results.filter(({ passed }) => !passed)).toEqual([]);
      expect(results).toHaveLength(scored);
    },
  );
});
