import type { AppError } from '../errors.ts';
import { errorMessage, toAppError } from '../errors.ts';
import { costNanos, type TokenCounts, type UsageOpen, type UsageStatus } from '../usage/usage-event.ts';
import type { AnswerStream } from './answer-stream.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Gateway } from './gateway.ts';
import type { CheckedCall } from './pipeline.ts';
import { isStream } from './reading.ts';
import type { RelayEnd } from './relay.ts';
import type { Attempt, Routed } from '../routing/router.ts';
import type { Reserved } from './reserve.ts';

interface SettlementInput {
  /** Of the usage event: a ULID of the request's time. */
  readonly id: string;
  readonly call: CheckedCall;
  /** Where the answer goes; its leaving ends the request. */
  readonly client: ClientConnection;
  readonly reservation: Reserved;
}

interface Outcome {
  readonly status: UsageStatus;
  readonly httpStatus: number;
  readonly error: AppError | null;
  readonly tokens: TokenCounts;
  readonly estimated: boolean;
}

const noTokens: TokenCounts = { promptTokens: 0, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 };
/** Text waiting to be counted is bounded, whatever the length of the stream. */
const countEveryCharacters = 16_384;
/** nginx's convention for "the client closed the request"; never sent, only recorded. */
const clientClosedRequest = 499;

/**
 * Step 10 for one request: journalled when it goes to an upstream, corrected to what was really used when it ends.
 * The first end counts; later ones do nothing. What it settles:
 * - completed: the upstream's own usage, else our count, flagged `estimated`
 * - cancelled or failed after text was delivered: the prompt and what was delivered
 * - failed or cancelled with nothing delivered: nothing
 */
export class Settlement {
  readonly #gateway: Gateway;
  readonly #input: SettlementInput;
  readonly #abort = new AbortController();
  readonly #id: string;
  #open: UsageOpen | undefined;
  #settled = false;
  #answer: AnswerStream | undefined;
  #countedTokens = 0;
  #delivered = false;
  #firstByteMs: number | null = null;
  #routed: Routed<unknown> | undefined;
  /** What routing tried; filled by it. */
  readonly attempts: Attempt[] = [];

  constructor(gateway: Gateway, input: SettlementInput) {
    this.#gateway = gateway;
    this.#input = input;
    this.#id = input.id;
    input.client.onGone(() => {
      if (this.#answer === undefined) this.cancel();
    });
  }

  /** Aborted when nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** A target is about to be asked: from here on the journal knows of the request. */
  readonly onTarget = (target: string): void => {
    // The client left before anything was asked: a record opened now would never be closed.
    if (this.#settled) return;
    if (this.#open !== undefined) {
      this.#open = { ...this.#open, target };
      return;
    }
    this.#open = this.#openRecord(target);
    this.#gateway.meter.open(this.#open);
  };

  /** There is an answer: its place at the target is given back when the request ends. */
  onAnswer(routed: Routed<unknown>): void {
    if (this.#settled) routed.finish('cancelled');
    else this.#routed = routed;
  }

  /** `upstream/model` of the target asked last. */
  get target(): string | undefined {
    return this.#open?.target;
  }

  readonly onStream = (answer: AnswerStream): void => {
    this.#answer = answer;
  };

  readonly onProgress = (): void => {
    this.#count();
    if (this.#delivered) this.#gateway.meter.progress(this.#id, this.#countedTokens);
  };

  readonly onStreamEnd = (end: RelayEnd): string => {
    this.#count();
    const told = this.#answer?.usage;
    if (end.kind === 'completed') {
      const tokens = this.#end('completed', 200, null, told ?? this.#estimate(), told === undefined);
      return this.#answer?.closing(tokens) ?? '';
    }
    const tokens = this.#delivered ? (told ?? this.#estimate()) : noTokens;
    if (end.kind === 'cancelled')
      this.#end('cancelled', clientClosedRequest, null, tokens, told === undefined && this.#delivered);
    else
      this.#end(
        'failed',
        this.#delivered ? 200 : end.error.definition.status,
        end.error,
        tokens,
        told === undefined && this.#delivered,
      );
    return '';
  };

  /** An answer in one piece is about to be sent. @returns the tokens it was settled with */
  complete(told: TokenCounts | undefined, text: string): TokenCounts {
    const tokens = told ?? {
      ...noTokens,
      promptTokens: this.#input.call.entitlement.promptTokens,
      completionTokens: this.#gateway.countTokens(text),
    };
    return this.#end('completed', 200, null, tokens, told === undefined);
  }

  cancel(): void {
    this.#end('cancelled', clientClosedRequest, null, noTokens, false);
    this.#abort.abort();
  }

  fail(error: unknown): void {
    const appError = toAppError(error);
    this.#end('failed', appError.definition.status, appError, noTokens, false);
    this.#abort.abort();
  }

  /** Counts what has come since the last time. */
  #count(): void {
    const text = this.#answer?.takeUncounted() ?? '';
    if (text !== '') this.#countedTokens += this.#gateway.countTokens(text);
  }

  /** A piece of the answer goes to the client. */
  readonly onDelivery = (): void => {
    this.#delivered = true;
    this.#firstByteMs ??= this.#gateway.clock.now() - this.#input.call.exchange.startedAtMs;
    if ((this.#answer?.uncountedLength ?? 0) > countEveryCharacters) this.#count();
  };

  #estimate(): TokenCounts {
    return {
      ...noTokens,
      promptTokens: this.#input.call.entitlement.promptTokens,
      completionTokens: this.#countedTokens,
    };
  }

  #openRecord(target: string): UsageOpen {
    const { call, reservation } = this.#input;
    const { exchange, principal, entitlement, reading } = call;
    const { model } = entitlement;
    const { priceFactor = 1 } = exchange;
    return {
      id: this.#id,
      requestId: exchange.requestId,
      tenantId: principal.tenantId,
      keyId: principal.keyId,
      mode: principal.mode,
      surface: exchange.surface,
      model: model.name,
      target,
      stream: isStream(reading),
      startedAtMs: exchange.startedAtMs,
      promptTokens: entitlement.promptTokens,
      inputNanosPerToken: model.inputNanosPerToken * priceFactor,
      cachedInputNanosPerToken: model.cachedInputNanosPerToken * priceFactor,
      outputNanosPerToken: model.outputNanosPerToken * priceFactor,
      currency: model.currency,
      ...(this.#gateway.limits.outlivesProcess ? { reservation: reservation.reservation } : {}),
    };
  }

  #end(
    status: UsageStatus,
    httpStatus: number,
    error: AppError | null,
    tokens: TokenCounts,
    estimated: boolean,
  ): TokenCounts {
    if (this.#settled) return tokens;
    this.#settled = true;
    this.#routed?.finish(status === 'interrupted' ? 'failed' : status, error ?? undefined);
    const { clock, limits } = this.#gateway;
    const nowMs = clock.now();
    this.#record({ status, httpStatus, error, tokens, estimated }, nowMs);
    const settled = limits.settle(
      this.#input.reservation.reservation,
      tokens.promptTokens + tokens.completionTokens,
      nowMs,
    );
    if (settled instanceof Promise) void settled.catch(() => undefined);
    return tokens;
  }

  #record({ status, httpStatus, error, tokens, estimated }: Outcome, nowMs: number): void {
    const { meter, metrics, logger } = this.#gateway;
    const open = this.#open;
    if (open === undefined) return;
    const durationMs = nowMs - open.startedAtMs;
    meter.close({
      ...open,
      ...tokens,
      status,
      httpStatus,
      errorCode: error?.code ?? null,
      estimated,
      costNanos: costNanos(open, tokens),
      durationMs,
      firstByteMs: this.#firstByteMs,
      ...(this.attempts.length === 0 ? {} : { attempts: this.attempts }),
    });
    metrics.settled({
      surface: open.surface,
      model: open.model,
      status,
      httpStatus,
      promptTokens: tokens.promptTokens,
      completionTokens: tokens.completionTokens,
      durationMs,
      firstByteMs: this.#firstByteMs,
    });
    logger.info(
      {
        requestId: open.requestId,
        tenant: open.tenantId,
        key: open.keyId,
        surface: open.surface,
        model: open.model,
        target: open.target,
        stream: open.stream,
        status,
        httpStatus,
        promptTokens: tokens.promptTokens,
        completionTokens: tokens.completionTokens,
        estimated,
        durationMs,
        firstByteMs: this.#firstByteMs,
        ...(error === null ? {} : { code: error.code, reason: errorMessage(error.cause ?? error) }),
      },
      'chat',
    );
  }
}

export function openSettlement(gateway: Gateway, input: SettlementInput): Settlement {
  return new Settlement(gateway, input);
}
