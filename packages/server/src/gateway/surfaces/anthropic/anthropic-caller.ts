import type { FastifyRequest } from 'fastify';
import type { LimitState } from '../../../limits/limit.ts';
import { bearerSecret } from '../bearer.ts';
import { Caller } from '../caller.ts';
import type { Gateway } from '../../gateway.ts';
import { requestHeader } from '../request-headers.ts';
import { anthropicErrors } from './anthropic-errors.ts';

/** Answers carry the request id under Anthropic's name for it, too. */
export class AnthropicCaller extends Caller {
  readonly #requestId: string;

  constructor(gateway: Gateway, request: FastifyRequest, surface: string) {
    super(gateway, request, surface, anthropicErrors);
    this.#requestId = request.id;
  }

  override headers(states: readonly LimitState[]): string[] {
    return [...super.headers(states), 'request-id', this.#requestId];
  }
}

/** The key of a request: Anthropic's clients send `x-api-key`, some agents a bearer token. */
export function keyOf(request: FastifyRequest): string | undefined {
  const key = requestHeader(request, 'x-api-key')?.trim();
  return key === undefined || key === '' ? bearerSecret(request.headers.authorization) : key;
}
