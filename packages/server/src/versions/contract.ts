import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import {
  deprecationHeaders,
  nextInstant,
  phaseAt,
  timelineOf,
  type DeprecationForm,
  type Timeline,
} from './lifecycle.ts';
import type { Translation, Version, VersionRegistry } from './version-registry.ts';

/** What a request and its answer are bound to. */
export interface Contract {
  readonly version: Version;
  readonly translation: Translation;
  /** Flat name, value pairs for the answer: API-Version, and what its deprecation asks for. */
  readonly headers: readonly string[];
  /** What a key is on record for by using it: the version, and the endpoint where that is deprecated. */
  readonly subjects: readonly string[];
}

/** A version or an endpoint whose twelve months have a date. */
export interface DeprecatedSubject {
  /** As use of it and notices about it are recorded. */
  readonly id: string;
  /** The path of an endpoint; undefined for a version. */
  readonly path: string | undefined;
  /** As its users are told of it. */
  readonly title: string;
  readonly timeline: Timeline;
  /** What to use instead. */
  readonly successor: string;
}

export interface DeprecatedEndpoint {
  /** As in OpenAPI: `/v1/completions`. */
  readonly path: string;
  readonly deprecatedAt: string;
  readonly successor: string;
}

export interface ContractsOptions {
  readonly registry: VersionRegistry;
  readonly clock: Clock;
  readonly publicUrl: string;
  readonly deprecationForm: DeprecationForm;
  readonly deprecatedEndpoints: readonly DeprecatedEndpoint[];
}

export interface Contracts {
  readonly registry: VersionRegistry;
  /** The page that tells how to move on. */
  readonly migrationUrl: string;
  readonly deprecated: readonly DeprecatedSubject[];
  /**
   * Binds a request on a route to its version.
   * @throws AppError INVALID_API_VERSION, API_VERSION_RETIRED, ENDPOINT_RETIRED, ENDPOINT_NOT_FOUND (a version without the route)
   */
  bind(route: string, header: string | undefined, pin: string | undefined): Contract;
  /** The latest version, for answers to requests that could not be bound. */
  readonly fallback: Contract;
}

/** Headers change only at the instants of a deprecation; between them one array serves all requests. */
interface Bound {
  readonly contract: Contract;
  readonly validUntilMs: number;
}

function retired(
  contracts: { readonly migrationUrl: string },
  version: Version,
  timeline: Timeline,
  latest: Version,
): AppError {
  const day = new Date(timeline.sunsetAtMs).toISOString().slice(0, 10);
  return new AppError(
    'API_VERSION_RETIRED',
    `API-Version ${version.name} was retired on ${day}. Move to ${latest.name}: ${contracts.migrationUrl}`,
    {
      param: 'API-Version',
      headers: {
        link: `<${contracts.migrationUrl}>; rel="deprecation", <${contracts.migrationUrl}>; rel="successor-version"`,
      },
    },
  );
}

type Endpoints = ReadonlyMap<string, DeprecatedEndpoint & { readonly timeline: Timeline }>;

interface Rules {
  readonly options: ContractsOptions;
  readonly endpoints: Endpoints;
  readonly migrationUrl: string;
}

/** These name one date (RFC 9745 §2, RFC 8594 §3): where two things end, the earlier counts. */
const single = new Set(['Deprecation', 'Sunset']);

/** API-Version, and what the deprecation of the version and of the endpoint ask for. */
function headersOf(
  { options, endpoints, migrationUrl }: Rules,
  version: Version,
  route: string,
  nowMs: number,
): string[] {
  const { publicUrl, deprecationForm: form } = options;
  const ending: { subject: string; timeline: Timeline; successor: string }[] = [];
  if (version.timeline !== undefined)
    ending.push({ subject: `API version ${version.name}`, timeline: version.timeline, successor: '/openapi.json' });
  const endpoint = endpoints.get(route);
  if (endpoint !== undefined) ending.push({ ...endpoint, subject: route });
  const headers = ['API-Version', version.name];
  for (const { subject, timeline, successor } of ending.toSorted(
    (left, right) => left.timeline.sunsetAtMs - right.timeline.sunsetAtMs,
  )) {
    const links = { deprecation: migrationUrl, successor: publicUrl + successor };
    const asked = deprecationHeaders(subject, timeline, nowMs, { links, form });
    for (let index = 0; index + 1 < asked.length; index += 2) {
      const [name = '', value = ''] = asked.slice(index, index + 2);
      if (!single.has(name) || !headers.includes(name)) headers.push(name, value);
    }
  }
  return headers;
}

/** @throws AppError API_VERSION_RETIRED, ENDPOINT_RETIRED, ENDPOINT_NOT_FOUND */
function check({ options, endpoints, migrationUrl }: Rules, version: Version, route: string, nowMs: number): void {
  const { registry, publicUrl } = options;
  if (version.timeline !== undefined && phaseAt(version.timeline, nowMs) === 'retired')
    throw retired({ migrationUrl }, version, version.timeline, registry.latest);
  const endpoint = endpoints.get(route);
  if (endpoint !== undefined && phaseAt(endpoint.timeline, nowMs) === 'retired')
    throw new AppError('ENDPOINT_RETIRED', `${route} has been retired. Use ${endpoint.successor}: ${migrationUrl}`, {
      headers: { link: `<${publicUrl}${endpoint.successor}>; rel="successor-version"` },
    });
  if (registry.translation(version, route).isMissing)
    throw new AppError(
      'ENDPOINT_NOT_FOUND',
      `API-Version ${version.name} has no endpoint at ${route}. Ask for API-Version ${registry.latest.name}.`,
    );
}

function endpointId(path: string): string {
  return `endpoint ${path}`;
}

function deprecatedSubjects(registry: VersionRegistry, endpoints: Endpoints): DeprecatedSubject[] {
  const versions = registry.versions.flatMap(({ name, timeline }) =>
    timeline === undefined
      ? []
      : [{ id: name, path: undefined, title: `API version ${name}`, timeline, successor: registry.latest.name }],
  );
  const paths = [...endpoints.values()].map(({ path, timeline, successor }) => ({
    id: endpointId(path),
    path,
    title: `The endpoint ${path}`,
    timeline,
    successor,
  }));
  return [...versions, ...paths];
}

export function createContracts(options: ContractsOptions): Contracts {
  const { registry, clock, publicUrl, deprecatedEndpoints } = options;
  const migrationUrl = `${publicUrl}/developers/api-versioning.md`;
  const endpoints: Endpoints = new Map(
    deprecatedEndpoints.map((endpoint) => [
      endpoint.path,
      { ...endpoint, timeline: timelineOf(endpoint.deprecatedAt) },
    ]),
  );
  const rules = { options, endpoints, migrationUrl };
  const known = new Map<string, Bound>();
  const bind = (route: string, header: string | undefined, pin: string | undefined): Contract => {
    const version = registry.resolve(header, pin);
    const id = `${version.name} ${route}`;
    const nowMs = clock.now();
    const cached = known.get(id);
    if (cached !== undefined && nowMs < cached.validUntilMs) return cached.contract;
    check(rules, version, route, nowMs);
    const headers = headersOf(rules, version, route, nowMs);
    const subjects = endpoints.has(route) ? [version.name, endpointId(route)] : [version.name];
    const contract = { version, translation: registry.translation(version, route), headers, subjects };
    known.set(id, {
      contract,
      validUntilMs: Math.min(nextInstant(version.timeline, nowMs), nextInstant(endpoints.get(route)?.timeline, nowMs)),
    });
    return contract;
  };
  const fallback: Contract = {
    version: registry.latest,
    translation: registry.translation(registry.latest, ''),
    headers: ['API-Version', registry.latest.name],
    subjects: [],
  };
  return { registry, migrationUrl, deprecated: deprecatedSubjects(registry, endpoints), fallback, bind };
}
