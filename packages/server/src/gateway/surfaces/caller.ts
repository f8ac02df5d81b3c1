import type { FastifyReply, FastifyRequest } from 'fastify';
import { toAppError, type AppError } from '../../errors.ts';
import { failureBody, headerRecord, renderFailure, type Failure, type FailureView } from '../../http/failure.ts';
import { sendJson } from '../../http/send-json.ts';
import type { Principal } from '../../keys/key.ts';
import type { LimitState } from '../../limits/limit.ts';
import { rateLimitHeaders } from '../../limits/rate-limit-headers.ts';
import type { Contract } from '../../versions/contract.ts';
import type { VersionedEvent } from '../../versions/version-change.ts';
import type { Gateway } from '../gateway.ts';
import { logRefusal } from '../log-refusal.ts';
import { eventFrame } from '../sse-frame.ts';
import { requestHeader } from './request-headers.ts';

/** How a surface renders errors. */
export interface ErrorDialect {
  /** Inside a stream that has begun. */
  readonly body: (error: AppError, view: FailureView) => Readonly<Record<string, unknown>>;
  /** The whole event of it, where it is more than `body` in an unnamed one. */
  readonly event?: (error: AppError, view: FailureView) => VersionedEvent;
  readonly failure: (error: AppError, view: FailureView) => Failure;
}

const jsonErrors: ErrorDialect = { body: failureBody, failure: renderFailure };

/**
 * What is known of a caller while its request is served, and how answers are dressed for it: filled in step by step, so
 * that an error at any point speaks of all that was known then.
 */
export class Caller {
  #principal: Principal | undefined;
  /** Where the limits stood when the answer's headers were made. */
  states: readonly LimitState[] = [];
  contract: Contract;
  readonly #gateway: Gateway;
  readonly #request: FastifyRequest;
  readonly #surface: string;
  readonly #dialect: ErrorDialect;
  /** Headers of the surface on every answer: flat name, value pairs. */
  readonly #own: string[];

  constructor(
    gateway: Gateway,
    request: FastifyRequest,
    surface: string,
    dialect: ErrorDialect = jsonErrors,
    own: readonly string[] = [],
  ) {
    this.#own = [...own];
    this.#gateway = gateway;
    this.#request = request;
    this.#surface = surface;
    this.#dialect = dialect;
    this.contract = gateway.contracts.fallback;
  }

  get principal(): Principal | undefined {
    return this.#principal;
  }

  /** Whoever is found to be calling has used his key just now. */
  set principal(principal: Principal | undefined) {
    this.#principal = principal;
    if (principal !== undefined) this.#gateway.keyUses.note(principal.keyId, this.#request.clientAddress);
  }

  /** The headers of every answer: limits, version, request id. */
  headers(states: readonly LimitState[]): string[] {
    this.states = states;
    const headers = rateLimitHeaders(states, this.#gateway.clock.now(), { openai: true });
    for (const part of this.contract.headers) headers.push(part);
    for (const part of this.#own) headers.push(part);
    headers.push('x-request-id', this.#request.id);
    return headers;
  }

  /** Adds headers to every answer from here on. */
  add(...headers: readonly string[]): void {
    this.#own.push(...headers);
  }

  /** Where the limits stand, for answers that took nothing; without limits when the counters cannot be read. */
  async standing(): Promise<readonly LimitState[]> {
    const { limits, catalog, clock } = this.#gateway;
    if (this.principal === undefined) return [];
    try {
      return await limits.peek(catalog.limitsOf(this.principal), clock.now());
    } catch {
      return [];
    }
  }

  /** An error inside a stream that has begun: a whole frame. */
  streamError(error: AppError): string {
    const view = this.#view();
    const { event, body } = this.#dialect;
    return eventFrame(event?.(error, view) ?? { name: undefined, data: JSON.stringify(body(error, view)) });
  }

  /** An error before anything was sent. */
  async fail(reply: FastifyReply, thrown: unknown): Promise<void> {
    // Nobody is there to be told; what had begun is settled, and logged as cancelled.
    if (reply.raw.destroyed) return;
    const error = toAppError(thrown);
    logRefusal(this.#gateway, {
      requestId: this.#request.id,
      surface: this.#surface,
      principal: this.principal,
      error,
    });
    const limits = headerRecord(rateLimitHeaders(await this.standing(), this.#gateway.clock.now(), { openai: true }));
    const { status, headers, body } = this.#dialect.failure(error, this.#view());
    sendJson(reply, status, { ...limits, ...headerRecord(this.#own), ...headers }, body);
  }

  #view(): FailureView {
    return {
      requestId: this.#request.id,
      documentationUrl: this.#gateway.documentationUrl,
      contract: this.contract,
      accept: requestHeader(this.#request, 'accept'),
    };
  }
}
