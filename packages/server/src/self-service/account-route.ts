import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Auth } from '../accounts/create-auth.ts';
import type { MemberStore } from '../accounts/member-store.ts';
import type { Membership, MembershipStore, Person } from '../accounts/membership-store.ts';
import type { Staff } from '../accounts/staff.ts';
import { changedFields } from '../audit/changed-fields.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { mayDo, type Action } from '../accounts/roles.ts';
import { readSignIn, type SignedIn } from '../accounts/sign-in.ts';
import type { Clock } from '../clock.ts';
import { AppError, errorMessage, toAppError } from '../errors.ts';
import { rawRoute, type RawRoute } from '../http/api-route.ts';
import { headerRecord, renderFailure } from '../http/failure.ts';
import { fetchHeaders } from '../http/fetch-bridge.ts';
import { sendJson } from '../http/send-json.ts';
import { validate } from '../http/validate.ts';
import type { Logger } from '../logger.ts';
import type { Contracts } from '../versions/contract.ts';

/** What every route of the account API is made with. */
export interface AccountContext {
  readonly auth: Auth;
  readonly memberships: MembershipStore;
  readonly members: MemberStore;
  readonly staff: Staff;
  readonly audit: AuditLog;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly contracts: Contracts;
  readonly publicUrl: string;
  readonly documentationUrl: string;
}

type OutputOf<Schema extends z.ZodType | undefined> = Schema extends z.ZodType ? z.output<Schema> : undefined;

export interface AccountInput<Params, Query, Body> {
  readonly person: Person;
  /** The organisation this is about. */
  readonly membership: Membership;
  readonly memberships: readonly Membership[];
  readonly address: string;
  readonly acceptLanguage: string | undefined;
  /** The caller's own headers and address, for what is done under them. */
  readonly asking: { readonly headers: Headers; readonly address: string };
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

interface AccountReply {
  readonly status: number;
  /** JSON; what `send` answers with where there is one: for the audit log. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers by itself, with these headers: what is no JSON. */
  readonly send?: (reply: FastifyReply, headers: Readonly<Record<string, string>>) => Promise<void>;
}

interface AccountRouteOptions<
  Params extends z.ZodObject | undefined,
  Query extends z.ZodObject | undefined,
  Body extends z.ZodType | undefined,
> extends Omit<RawRoute, 'kind' | 'handle' | 'security' | 'scope' | 'action' | 'tag' | 'params' | 'query' | 'body'> {
  readonly context: AccountContext;
  /** What the member must be allowed to do; undefined: every member may. */
  readonly action?: Action;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** @param request for what is read as it comes: an upload */
  readonly handle: (
    input: AccountInput<OutputOf<Params>, OutputOf<Query>, OutputOf<Body>>,
    request: FastifyRequest,
  ) => Promise<AccountReply> | AccountReply;
}

const organizationHeader = 'x-turnpike-organization';

/** A page of another site can have a browser send our cookie, but neither lie about its origin nor hide it. */
export function requireOwnOrigin(request: FastifyRequest, { byCookie }: SignedIn, publicUrl: string): void {
  if (!byCookie || request.method === 'GET' || request.method === 'HEAD') return;
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin === publicUrl || (origin === undefined && site === 'same-origin')) return;
  throw new AppError('FORBIDDEN_ORIGIN', `Requests with a session's cookie are taken from ${publicUrl} only.`, {
    param: 'Origin',
  });
}

/** @throws AppError RESOURCE_NOT_FOUND: not a member, whether there is such an organisation or not */
function choose(all: readonly Membership[], wanted: string | undefined, active: string | undefined): Membership {
  const chosen = wanted ?? active;
  const found = all.find(({ tenantId }) => tenantId === chosen) ?? (wanted === undefined ? all[0] : undefined);
  if (found !== undefined) return found;
  throw wanted === undefined
    ? new AppError('RESOURCE_NOT_FOUND', 'You belong to no organisation yet. Accept your invitation first.')
    : new AppError('RESOURCE_NOT_FOUND', `You belong to no organisation ${JSON.stringify(wanted.slice(0, 64))}.`, {
        param: 'X-Turnpike-Organization',
      });
}

async function whoAsks(context: AccountContext, request: FastifyRequest, action: Action | undefined) {
  const signedIn = await readSignIn(context.auth, fetchHeaders(request), context.clock.now());
  requireOwnOrigin(request, signedIn, context.publicUrl);
  const { person, activeTenantId } = signedIn;
  const own = await context.memberships.ensure(person);
  const header = request.headers[organizationHeader];
  const wanted = typeof header === 'string' ? header : undefined;
  const isOwn = wanted === undefined || own.some(({ tenantId }) => tenantId === wanted);
  const visited = isOwn ? undefined : await context.staff.visiting(person, wanted);
  const memberships = visited === undefined ? own : [...own, visited];
  const membership = choose(memberships, wanted, activeTenantId);
  if (action !== undefined && !mayDo(membership.role, action))
    throw new AppError('INSUFFICIENT_ROLE', `As ${membership.role} you may not do this (${action}). Ask an owner.`);
  return { person, memberships, membership };
}

/**
 * A route for people who have signed in: who, in which organisation, allowed to do this; then the handler. Everything it
 * reads and writes is the organisation's.
 */
export function accountRoute<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(options: AccountRouteOptions<Params, Query, Body>): RawRoute {
  const { context, action, params, query, body, handle, ...route } = options;
  const serve = async (request: FastifyRequest): Promise<AccountReply> => {
    const who = await whoAsks(context, request, action);
    const input = {
      ...who,
      address: request.clientAddress,
      acceptLanguage: request.headers['accept-language'],
      asking: { headers: fetchHeaders(request), address: request.clientAddress },
      params: params === undefined ? undefined : validate(params, request.params, 'path'),
      query: query === undefined ? undefined : validate(query, request.query, 'query'),
      body: body === undefined ? undefined : validate(body, request.body ?? null, 'body'),
    } as AccountInput<OutputOf<Params>, OutputOf<Query>, OutputOf<Body>>;
    const reply = await handle(input, request);
    if (route.method !== 'GET') await note(context, request, { ...who, action: route.operationId, reply });
    return reply;
  };
  return rawRoute({
    ...route,
    ...(action === undefined ? {} : { action }),
    ...(params === undefined ? {} : { params }),
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
    tag: 'account',
    security: 'session',
    handle: (request, reply) => answer(context, request, reply, serve),
  });
}

/** Answers somebody who has signed in, whichever organisations he belongs to. */
export function answerPerson(
  context: AccountContext,
  request: FastifyRequest,
  reply: FastifyReply,
  handle: (person: Person) => Promise<AccountReply>,
): Promise<void> {
  return answer(context, request, reply, async () => {
    const signedIn = await readSignIn(context.auth, fetchHeaders(request), context.clock.now());
    requireOwnOrigin(request, signedIn, context.publicUrl);
    return handle(signedIn.person);
  });
}

/** What was done is on record; it is done, so a record that cannot be written is only told to the operator. */
async function note(
  { audit, logger }: AccountContext,
  request: FastifyRequest,
  done: {
    readonly person: Person;
    readonly membership: Membership;
    readonly action: string;
    readonly reply: AccountReply;
  },
): Promise<void> {
  const { person, membership, action, reply } = done;
  const { id } = (request.params ?? {}) as { readonly id?: string };
  const created = (reply.body as { readonly id?: unknown } | null)?.id;
  const entry = {
    tenantId: membership.tenantId,
    actor: {
      kind: membership.isVisit === true ? ('staff' as const) : ('member' as const),
      id: person.id,
      name: person.email,
    },
    action,
    target: id ?? (typeof created === 'string' ? created : undefined),
    details: changedFields(request.body),
    address: request.clientAddress,
  };
  await audit.write(entry).catch((error: unknown) => {
    logger.error({ ...entry, reason: errorMessage(error) }, 'what was done could not be written into the audit log');
  });
}

async function answer(
  context: AccountContext,
  request: FastifyRequest,
  reply: FastifyReply,
  serve: (request: FastifyRequest) => Promise<AccountReply>,
): Promise<void> {
  const { contracts, documentationUrl } = context;
  const contract = contracts.fallback;
  const common = { 'x-request-id': request.id, 'cache-control': 'no-store', ...headerRecord(contract.headers) };
  try {
    const { status, body, headers, send } = await serve(request);
    if (send === undefined) sendJson(reply, status, { ...common, ...headers }, body);
    else await send(reply, { ...common, ...headers });
  } catch (thrown) {
    const { accept } = request.headers;
    const error = toAppError(thrown);
    if (error.definition.status >= 500) throw error;
    const failure = renderFailure(error, { requestId: request.id, documentationUrl, contract, accept });
    sendJson(reply, failure.status, { ...common, ...failure.headers }, failure.body);
  }
}
