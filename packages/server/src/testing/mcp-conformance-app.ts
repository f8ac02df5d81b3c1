import type { FastifyInstance } from 'fastify';
import { systemClock } from '../clock.ts';
import { createHttpServer } from '../http/http-server.ts';
import type { IdempotencyStore } from '../idempotency/store.ts';
import { mcpRoutesAt } from '../mcp/mcp-routes.ts';
import { createToolRegistry } from '../tools/registry.ts';
import { createContracts } from '../versions/contract.ts';
import { versionDeclarations } from '../versions/declarations.ts';
import { createVersionRegistry } from '../versions/version-registry.ts';
import { createConformanceEndpoint } from './mcp-conformance-server.ts';
import { createRecordingLogger } from './recording-logger.ts';

const unused = () => Promise.reject(new Error('not used'));
const idempotency: IdempotencyStore = {
  ...{ claim: unused, complete: unused, completeStream: unused, release: unused, expire: unused, close: unused },
};

/** The product's own HTTP server and MCP routes, with the conformance suite's fixtures behind them. */
export async function startConformanceServer(): Promise<{ readonly app: FastifyInstance; readonly url: string }> {
  const endpoint = createConformanceEndpoint();
  const publicUrl = 'http://127.0.0.1';
  const options = {
    tools: createToolRegistry({ tools: [], clock: systemClock, timeoutMs: 1_000, maxResultBytes: 1_000 }),
    brand: { name: 'Conformance', description: 'Fixtures' },
    ...{ publicUrl, version: '1.0.0', allowedOrigins: [], authenticate: unused, admit: () => Promise.resolve({}) },
  };
  const app = createHttpServer({
    routes: mcpRoutesAt({ options, endpoint, path: '/mcp' }, ''),
    clock: systemClock,
    logger: createRecordingLogger(),
    contracts: createContracts({
      registry: createVersionRegistry(versionDeclarations),
      clock: systemClock,
      publicUrl,
      deprecationForm: 'rfc9745',
      deprecatedEndpoints: [],
    }),
    idempotency,
    documentationUrl: `${publicUrl}/errors`,
    trustedProxies: [],
    bodyLimitBytes: 1_000_000,
    maxJsonDepth: 64,
    headersTimeoutMs: 60_000,
    requestTimeoutMs: 60_000,
    requireAdmin: () => undefined,
    isDraining: () => false,
    onRequest: () => undefined,
    onResponse: () => undefined,
  });
  app.addHook('onClose', () => endpoint.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = app.server.address();
  return { app, url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/mcp` };
}
