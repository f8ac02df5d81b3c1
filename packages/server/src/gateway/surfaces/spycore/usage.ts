import { spycoreError, spycoreUsage } from '@turnpike/contract/spycore';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { headerRecord } from '../../../http/failure.ts';
import { sendJson } from '../../../http/send-json.ts';
import type { Gateway } from '../../gateway.ts';
import { bearerSecret } from '../bearer.ts';
import { Caller } from '../caller.ts';
import { requestHeader } from '../request-headers.ts';
import { spycoreErrors } from './spycore-errors.ts';

/** Tokens of one model in a month. */
export interface ModelTokens {
  readonly model: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Sums of a tenant's ledger since an instant. @throws AppError DATABASE_UNAVAILABLE */
export type UsageByModel = (tenantId: string, from: Date) => Promise<readonly ModelTokens[]>;

interface UsageView {
  readonly gateway: Gateway;
  readonly usageByModel: UsageByModel;
  readonly route: string;
}

async function handle(
  { gateway, usageByModel, route }: UsageView,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const caller = new Caller(gateway, request, 'spycore-usage', spycoreErrors);
  try {
    const principal = await gateway.authenticator.authenticate(bearerSecret(request.headers.authorization));
    caller.principal = principal;
    caller.contract = gateway.contracts.bind(route, requestHeader(request, 'api-version'), principal.pinnedVersion);
    for (const subject of caller.contract.subjects) gateway.versionUsage.note(principal, subject);
    const now = new Date(gateway.clock.now());
    const rows = await usageByModel(principal.tenantId, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)));
    const body = {
      period: now.toISOString().slice(0, 7),
      total_tokens: rows.reduce((sum, row) => sum + row.promptTokens + row.completionTokens, 0),
      by_model: Object.fromEntries(
        rows.map((row) => [row.model, { prompt: row.promptTokens, completion: row.completionTokens }]),
      ),
    };
    sendJson(reply, 200, headerRecord(caller.headers(await caller.standing())), body);
  } catch (error) {
    await caller.fail(reply, error);
  }
}

/** GET /v1/usage, also under /api: the running UTC month by model (S3). */
export function spycoreUsageRoutes(gateway: Gateway, usageByModel: UsageByModel): RawRoute[] {
  const routes = [
    { path: '/v1/usage', operationId: 'spycoreUsage' },
    { path: '/api/v1/usage', operationId: 'spycoreUsageApi' },
  ];
  return routes.map(({ path, operationId }) =>
    rawRoute({
      method: 'GET',
      path,
      operationId,
      summary: 'Tokens of the running month by model',
      tag: 'spycore',
      renderFailure: spycoreErrors.failure,
      errorSchema: spycoreError,
      security: 'key',
      responses: { 200: { description: 'Usage', schema: spycoreUsage } },
      handle: (request, reply) => handle({ gateway, usageByModel, route: path }, request, reply),
    }),
  );
}
