import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { headerRecord } from '../../../http/failure.ts';
import { sendJson } from '../../../http/send-json.ts';
import { validate } from '../../../http/validate.ts';
import type { Principal } from '../../../keys/key.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { ResponseStore } from '../../../responses/store.ts';
import type { Contract } from '../../../versions/contract.ts';
import { requireFeature, requireScope } from '../../entitle.ts';
import type { Gateway } from '../../gateway.ts';
import { bearerSecret } from '../bearer.ts';
import { Caller } from '../caller.ts';
import { requestHeader } from '../request-headers.ts';

const surface = 'openai-responses';

/** A request about one stored response. */
export interface StoredCall {
  readonly gateway: Gateway;
  readonly store: ResponseStore;
  readonly principal: Principal;
  readonly contract: Contract;
  readonly request: FastifyRequest;
  readonly id: string;
}

export interface StoredAnswer {
  readonly body: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StoredRoute {
  readonly gateway: Gateway;
  readonly store: ResponseStore;
  readonly route: string;
  /** The plan must have the feature. */
  readonly needsFeature: boolean;
  readonly act: (call: StoredCall) => Promise<StoredAnswer>;
}

export const storedParams = z.object({ id: z.string() });

/** Authenticates, acts, answers with the limit headers; nothing is taken from the windows. */
export async function answerStored(options: StoredRoute, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { gateway, store, route, needsFeature, act } = options;
  const caller = new Caller(gateway, request, surface);
  try {
    const principal = await gateway.authenticator.authenticate(bearerSecret(request.headers.authorization));
    caller.principal = principal;
    const contract = gateway.contracts.bind(route, requestHeader(request, 'api-version'), principal.pinnedVersion);
    caller.contract = contract;
    for (const subject of contract.subjects) gateway.versionUsage.note(principal, subject);
    requireScope(principal, 'chat');
    if (needsFeature) requireFeature(gateway.catalog, principal, 'responses');
    const { id } = validate(storedParams, request.params, 'path');
    const { body, headers } = await act({ gateway, store, principal, contract, request, id });
    const today = headerRecord(caller.headers(await caller.standing()));
    sendJson(reply, 200, { ...today, ...headers }, contract.translation.downgradeResponse?.(body) ?? body);
  } catch (error) {
    await caller.fail(reply, error);
  }
}

export function missingResponse(id: string): AppError {
  return new AppError(
    'RESOURCE_NOT_FOUND',
    `There is no stored response ${JSON.stringify(id)}. Responses sent with store: false are not kept, and the others for a limited time.`,
    { param: 'id' },
  );
}
