import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock } from '../clock.ts';
import { AppError, errorMessage, toAppError } from '../errors.ts';
import type { IdempotencyStore } from '../idempotency/store.ts';
import { newRequestId } from '../ids.ts';
import type { Logger } from '../logger.ts';
import type { Contract, Contracts } from '../versions/contract.ts';
import type { ApiRoute, StaffPerson } from './api-route.ts';
import { createClientAddress } from './client-address.ts';
import { acceptEncodings } from './content-encoding.ts';
import { addCorsHeaders, preflightHeaders } from './cors.ts';
import { renderError } from './error-body.ts';
import { renderFailure } from './failure.ts';
import { fromFramework } from './framework-error.ts';
import { parseJsonBody } from './json-body.ts';
import { jsonHandler } from './json-handler.ts';
import { takesMultipart } from './multipart-route.ts';
import { allowedMethods } from './path-methods.ts';
import { sendJson } from './send-json.ts';

interface MissingRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly accept: string | undefined;
  readonly userAgent: string | undefined;
}

interface MissingPage {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpServerOptions {
  readonly routes: readonly ApiRoute[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly contracts: Contracts;
  readonly idempotency: IdempotencyStore;
  readonly documentationUrl: string;
  readonly trustedProxies: readonly string[];
  readonly bodyLimitBytes: number;
  readonly maxJsonDepth: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /**
   * Throws when the caller of an admin route is not the admin. A promise where that takes a look at a session; it tells
   * whose.
   */
  readonly requireAdmin: (request: FastifyRequest) => undefined | Promise<StaffPerson | undefined>;
  /** Something was changed through an admin route. */
  readonly onAdminChange?: (change: {
    readonly operationId: string;
    readonly person: StaffPerson | undefined;
    readonly params: unknown;
    readonly body: unknown;
    readonly address: string;
  }) => Promise<void>;
  /** True after SIGTERM: everything but health is refused. */
  readonly isDraining: () => boolean;
  /** What people and agents are shown where nothing is; undefined: the JSON error. */
  readonly renderMissing?: (request: MissingRequest) => Promise<MissingPage | undefined>;
  /** Called when a request has arrived; `onResponse` follows for each, however it ends. */
  readonly onRequest: () => void;
  readonly onResponse: (entry: {
    readonly route: string;
    readonly method: string;
    readonly status: number;
    readonly durationMs: number;
  }) => void;
}

const multipartType = /^multipart\/form-data(?:[\s;]|$)/i;
const wellFormedRequestId = /^[A-Za-z0-9][A-Za-z0-9_.:-]{7,127}$/;

declare module 'fastify' {
  interface FastifyRequest {
    clientAddress: string;
    startedAtMs: number;
    /** Who of the staff asks, where one has signed in. */
    staff: StaffPerson | undefined;
    /** Known once the request is bound to a version. */
    contract: Contract | undefined;
  }
  interface FastifyContextConfig {
    bodyOptional?: boolean;
    /** The body is handed over as it came. */
    takesRawBody?: boolean;
    /** The body is a form that the handler reads as it comes. */
    takesMultipart?: boolean;
    renderFailure?: ApiRoute['renderFailure'];
  }
}

interface Answers {
  /** The latest answer on each connection. */
  readonly last: WeakMap<Socket, ServerResponse>;
  /** Those of routes that bound the time of their requests themselves. */
  readonly unhurried: WeakSet<ServerResponse>;
}

/** Answers errors of Node's HTTP parser, before there is a request. */
function onClientError(
  documentationUrl: string,
  answers: Answers,
): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    const answer = answers.last.get(socket);
    // Node tells once that a request takes too long, and leaves it to this listener to end the connection.
    if (
      error.code === 'ERR_HTTP_REQUEST_TIMEOUT' &&
      answer !== undefined &&
      answers.unhurried.has(answer) &&
      !answer.req.complete
    )
      return;
    // In the middle of an answer an error text would become part of it.
    const isAnswering = answer !== undefined && answer.headersSent && !answer.writableFinished;
    if (!socket.writable || error.code === 'ECONNRESET' || isAnswering) {
      socket.destroy();
      return;
    }
    const appError =
      error.code === 'HPE_HEADER_OVERFLOW'
        ? new AppError(
            'HEADERS_TOO_LARGE',
            'The request headers are larger than accepted here. Send fewer or shorter ones.',
          )
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? new AppError('REQUEST_TIMEOUT', 'The request did not arrive in time. Send it again.')
          : new AppError('INVALID_REQUEST', 'This is not a valid HTTP request.');
    const rendered = renderError(appError, documentationUrl);
    const body = JSON.stringify(rendered.body);
    const head = [
      `HTTP/1.1 ${rendered.status} ${appError.code}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${newRequestId()}`,
      'connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  };
}

/** @throws AppError UNSUPPORTED_MEDIA_TYPE */
function requireMultipart(request: FastifyRequest): void {
  const type = request.headers['content-type'] ?? '';
  if (multipartType.test(type)) return;
  throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be a form, sent as Content-Type: multipart/form-data.', {
    param: 'Content-Type',
  });
}

function registerRoute(app: FastifyInstance, route: ApiRoute, options: HttpServerOptions, answers: Answers): void {
  const handle = route.kind === 'raw' ? route.handle : jsonHandler(route, options);
  const isMultipart = takesMultipart(route);
  app.route({
    method: route.method,
    url: route.path.replace(/\{(\w+)\}/g, ':$1'),
    config: {
      bodyOptional: route.bodyOptional === true,
      takesRawBody: route.takesRawBody === true,
      takesMultipart: isMultipart,
      renderFailure: route.renderFailure,
    },
    // Before the body is read: a stranger must not make us parse what he sends.
    onRequest:
      route.security === 'admin'
        ? async (request) => {
            request.staff = await options.requireAdmin(request);
          }
        : (request, reply, done) => {
            try {
              if (isMultipart) {
                requireMultipart(request);
                answers.unhurried.add(reply.raw);
              }
              done();
            } catch (error) {
              done(toAppError(error));
            }
          },
    handler: async (request, reply) => {
      await handle(request, reply);
      if (route.security === 'admin' && route.method !== 'GET' && reply.raw.statusCode < 400)
        await options.onAdminChange?.({
          operationId: route.operationId,
          person: request.staff,
          params: request.params,
          body: request.body,
          address: request.clientAddress,
        });
      return reply;
    },
  });
}

const jsonOnly = 'The body must be sent as Content-Type: application/json.';

function registerBodyParser(app: FastifyInstance, maxJsonDepth: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    if (request.routeOptions.config.takesRawBody === true) {
      done(null, bytes);
      return;
    }
    if (bytes.length === 0 && (request.method !== 'POST' || request.routeOptions.config.bodyOptional === true)) {
      done(null, undefined);
      return;
    }
    try {
      done(null, parseJsonBody(bytes, maxJsonDepth));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)), undefined);
    }
  });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (request, bytes, done) => {
    if (request.routeOptions.config.takesRawBody === true) done(null, bytes);
    else done(new AppError('UNSUPPORTED_MEDIA_TYPE', jsonOnly), undefined);
  });
  app.addContentTypeParser(multipartType, (request, payload, done) => {
    if (request.routeOptions.config.takesMultipart === true) done(null, payload);
    else done(new AppError('UNSUPPORTED_MEDIA_TYPE', jsonOnly), undefined);
  });
}

/** The contract an error speaks: the one the request is bound to, else the one it asks for, else the latest. */
function contractOf(request: FastifyRequest, contracts: Contracts): Contract {
  if (request.contract !== undefined) return request.contract;
  const asked = request.headers['api-version'];
  if (typeof asked !== 'string') return contracts.fallback;
  try {
    return contracts.bind('', asked, undefined);
  } catch {
    return contracts.fallback;
  }
}

function sendFailure(
  error: AppError,
  request: FastifyRequest,
  reply: FastifyReply,
  { contracts, documentationUrl }: HttpServerOptions,
): void {
  const render = request.routeOptions.config.renderFailure ?? renderFailure;
  const failure = render(error, {
    requestId: request.id,
    documentationUrl,
    contract: contractOf(request, contracts),
    accept: request.headers.accept,
  });
  sendJson(reply, failure.status, failure.headers, failure.body);
}

/** A page that cannot be made is no reason to answer with another error than the one there is. */
async function missingPage(
  request: FastifyRequest,
  path: string,
  { renderMissing, logger }: HttpServerOptions,
): Promise<MissingPage | undefined> {
  const { accept, 'user-agent': userAgent } = request.headers;
  try {
    return await renderMissing?.({ method: request.method, path, accept, userAgent });
  } catch (error) {
    logger.warn({ reason: errorMessage(error) }, 'the page for a missing address could not be made');
    return undefined;
  }
}

function registerFallbacks(app: FastifyInstance, options: HttpServerOptions): void {
  const { routes, logger, bodyLimitBytes, contracts } = options;
  app.setErrorHandler((error, request, reply) => {
    const appError = fromFramework(error, bodyLimitBytes);
    if (appError.definition.status >= 500) {
      const cause =
        appError.cause instanceof Error && appError.cause.cause !== undefined ? appError.cause.cause : appError.cause;
      logger.error(
        {
          requestId: request.id,
          code: appError.code,
          reason: errorMessage(cause ?? appError),
          stack: cause instanceof Error ? cause.stack : undefined,
        },
        'request failed',
      );
    }
    sendFailure(appError, request, reply, options);
  });
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] ?? '/';
    const methods = allowedMethods(routes, path);
    const allow = methods.join(', ');
    if (methods.length > 0 && request.method === 'OPTIONS') {
      sendJson(
        reply,
        204,
        {
          'x-request-id': request.id,
          'API-Version': contracts.registry.latest.name,
          allow,
          ...preflightHeaders(request.raw, allow),
        },
        undefined,
      );
      return;
    }
    const error =
      methods.length > 0
        ? new AppError('METHOD_NOT_ALLOWED', `${request.method} is not answered at ${path}. Allowed: ${allow}.`, {
            headers: { allow },
          })
        : new AppError('ENDPOINT_NOT_FOUND', `No endpoint at ${path}. See /openapi.json.`);
    const page = methods.length > 0 ? undefined : await missingPage(request, path, options);
    if (page === undefined) sendFailure(error, request, reply, options);
    else sendJson(reply, page.status, { 'x-request-id': request.id, ...page.headers }, page.body);
  });
}

function registerHooks(app: FastifyInstance, options: HttpServerOptions, answers: Answers): void {
  const addressOf = createClientAddress(options.trustedProxies);
  const unversionedHealth = new Set(['/api/status.php', '/.well-known/health']);
  app.decorateRequest('clientAddress', '');
  app.decorateRequest('startedAtMs', 0);
  app.decorateRequest('contract', undefined);
  app.decorateRequest('staff', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    options.onRequest();
    answers.last.set(request.raw.socket, reply.raw);
    request.startedAtMs = options.clock.now();
    if (request.headers.origin !== undefined) addCorsHeaders(reply.raw);
    // The framework's own hook is not called when the client leaves before the answer is complete; this is, always.
    reply.raw.once('close', () => {
      options.onResponse({
        route: request.routeOptions.url ?? 'none',
        method: request.method,
        status: reply.raw.statusCode,
        durationMs: options.clock.now() - request.startedAtMs,
      });
    });
    const forwarded = request.headers['x-forwarded-for'];
    request.clientAddress = addressOf(
      request.raw.socket.remoteAddress ?? '',
      Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
    );
    if (options.isDraining() && !unversionedHealth.has(request.routeOptions.url ?? '')) {
      done(
        new AppError(
          'SHUTTING_DOWN',
          'The server is shutting down. Send the request again: another process or the next start will answer.',
          { retryAfterSeconds: 1, headers: { connection: 'close' } },
        ),
      );
      return;
    }
    done();
  });
}

/** The HTTP app: framework adapter only. Routes come from outside; it never knows what they do. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const answers: Answers = { last: new WeakMap(), unhurried: new WeakSet() };
  const app = Fastify({
    logger: false,
    bodyLimit: options.bodyLimitBytes,
    requestTimeout: options.requestTimeoutMs,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: false, maxParamLength: 256 },
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && wellFormedRequestId.test(given) ? given : newRequestId();
    },
    frameworkErrors: (error, request, reply) => {
      sendFailure(fromFramework(error, options.bodyLimitBytes), request, reply, options);
    },
    clientErrorHandler: onClientError(options.documentationUrl, answers),
    http: {
      headersTimeout: options.headersTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, options.headersTimeoutMs),
    },
  });
  registerBodyParser(app, options.maxJsonDepth);
  acceptEncodings(app, options.bodyLimitBytes);
  registerHooks(app, options, answers);
  registerFallbacks(app, options);
  for (const route of options.routes) registerRoute(app, route, options, answers);
  return app;
}
