import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { AppError } from '../errors.ts';
import type { Contract } from '../versions/contract.ts';
import type { Failure, FailureView } from './failure.ts';

export type HttpMethod = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** Somebody of the vendor's staff who has signed in. */
export interface StaffPerson {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly emailVerified: boolean;
}

export interface ApiReply {
  readonly status: number;
  /** JSON value; a string is sent as it is, with the content type among the headers. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a handler gets of the request: parsed and validated parts only. */
export interface ApiInput<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly requestId: string;
  readonly accept: string;
  readonly contract: Contract;
  /** Who of the staff asks, on admin routes; undefined: whoever holds the admin token. */
  readonly person: StaffPerson | undefined;
}

export interface DocumentedResponse {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly contentType?: string;
}

interface RouteBase {
  readonly method: HttpMethod;
  /** OpenAPI form: `/admin/v1/tenants/{id}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** `optional`: answers without a key too, under the limits of an address; `session-token`: the public chat's own; `session`: people who have signed in. */
  readonly security: 'key' | 'admin' | 'optional' | 'session-token' | 'session' | 'none';
  /** The scope a key needs here, where one does. */
  readonly scope?: string;
  /** What a member's role must allow, where it must: published, so that clients need not try. */
  readonly action?: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** A page for people or a document for crawlers: not part of the API that the OpenAPI document describes. */
  readonly hidden?: boolean;
  /** Health only: no API-Version, no idempotency. */
  readonly unversioned?: boolean;
  /** Answers streams that can be read again. */
  readonly isResumable?: boolean;
  /** Answers with a stream of events to who asks for one. */
  readonly streams?: boolean;
  /** How errors look on this route; default: the JSON envelope. */
  readonly renderFailure?: (error: AppError, view: FailureView) => Failure;
  /** Its schema, where it is not the JSON envelope's. */
  readonly errorSchema?: z.ZodType;
  /** Public answers that seldom change: for so long they may be kept; an ETag tells whether they are still good. */
  readonly cacheSeconds?: number;
  /** The body is handed over as it came, a Buffer: its bytes are signed. */
  readonly takesRawBody?: boolean;
  /** A body may be absent. */
  readonly bodyOptional?: boolean;
  /** Counted by address, or by key where one is sent. */
  readonly isLimited?: boolean;
  /** Preferences (RFC 7240) that this route knows. */
  readonly preferences?: readonly string[];
  /** Statuses of errors beside those that every such route has, and what they mean. */
  readonly errors?: Readonly<Record<number, string>>;
  readonly responses: Readonly<Record<number, DocumentedResponse>>;
}

/** A route of the management kind: validated input in, one JSON reply out. */
export interface JsonRoute extends RouteBase {
  readonly kind: 'json';
  readonly handle: (input: ApiInput<unknown, unknown, unknown>) => Promise<ApiReply> | ApiReply;
}

/** A route of the road: it writes its own answer. Its schemas are declared for the OpenAPI document. */
export interface RawRoute extends RouteBase {
  readonly kind: 'raw';
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

export type ApiRoute = JsonRoute | RawRoute;

type OutputOf<Schema extends z.ZodType | undefined> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** Declares a JSON route; the schemas type the handler's input. */
export function jsonRoute<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  route: Omit<RouteBase, 'params' | 'query' | 'body'> & {
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    readonly handle: (
      input: ApiInput<OutputOf<Params>, OutputOf<Query>, OutputOf<Body>>,
    ) => Promise<ApiReply> | ApiReply;
  },
): JsonRoute {
  // The router validates with the same schemas before it calls, so the wider input type is never really passed.
  return { ...route, kind: 'json' } as unknown as JsonRoute;
}

export function rawRoute(route: Omit<RawRoute, 'kind'>): RawRoute {
  return { ...route, kind: 'raw' };
}
