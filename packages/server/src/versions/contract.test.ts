import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { headerRecord } from '../http/failure.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { createContracts, type ContractsOptions } from './contract.ts';
import { versionDeclarations } from './declarations.ts';
import { createVersionRegistry } from './version-registry.ts';

const old = '2026-01-15';
const latest = '2026-05-18';
const deprecatedAtMs = Date.UTC(2026, 4, 18);
const finalMonthAtMs = Date.UTC(2027, 3, 18);
const sunsetAtMs = Date.UTC(2027, 4, 18);

function open(startMs: number, changes: Partial<ContractsOptions> = {}) {
  const clock = createManualClock(startMs);
  const contracts = createContracts({
    registry: createVersionRegistry(versionDeclarations),
    clock,
    publicUrl: 'https://api.example',
    deprecationForm: 'rfc9745',
    deprecatedEndpoints: [],
    ...changes,
  });
  const bind = (route: string, header?: string, pin?: string) => contracts.bind(route, header, pin);
  const headers = (route: string, header?: string) => headerRecord(bind(route, header).headers);
  const refusal = (route: string, header?: string, pin?: string): AppError => {
    try {
      bind(route, header, pin);
    } catch (error) {
      if (error instanceof AppError) return error;
    }
    throw new Error('it was not refused');
  };
  return { clock, contracts, bind, headers, refusal };
}

describe('a request bound to its version', () => {
  test('under the latest version says so, and nothing more', () => {
    expect(open(sunsetAtMs).headers('/v1/models')).toEqual({ 'API-Version': latest });
  });

  test('under a deprecated version is told when it ends and where to go', () => {
    const headers = open(deprecatedAtMs).headers('/v1/models', old);
    expect(headers).toMatchObject({
      'API-Version': old,
      Deprecation: '@1779062400',
      Sunset: 'Tue, 18 May 2027 00:00:00 GMT',
    });
    expect(headers['Link']).toContain('<https://api.example/developers/api-versioning.md>; rel="deprecation"');
  });

  test('gets headers that change at the very instant, however often it was bound before', () => {
    const { clock, headers, refusal } = open(deprecatedAtMs - 1);
    expect(headers('/x', old)).not.toHaveProperty('Deprecation');
    clock.advance(1);
    expect(headers('/x', old)).toHaveProperty('Deprecation');
    clock.advance(finalMonthAtMs - 1 - clock.now());
    expect(headers('/x', old)).not.toHaveProperty('Warning');
    clock.advance(1);
    expect(headers('/x', old)).toHaveProperty('Warning');
    clock.advance(sunsetAtMs - 1 - clock.now());
    expect(headers('/x', old)).toHaveProperty('Warning');
    clock.advance(1);
    expect(refusal('/x', old).code).toBe('API_VERSION_RETIRED');
  });

  test('is bound once: the same answer for the same version and route', () => {
    const { bind } = open(deprecatedAtMs);
    expect(bind('/x', old)).toBe(bind('/x', old));
  });

  test('under a retired version is answered 410 with the way on, also by a pin', () => {
    const { refusal } = open(sunsetAtMs);
    const error = refusal('/v1/models', old);
    expect(error).toMatchObject({ code: 'API_VERSION_RETIRED', param: 'API-Version' });
    expect(error.definition.status).toBe(410);
    expect(error.message).toContain('2027-05-18');
    expect(error.message).toContain('https://api.example/developers/api-versioning.md');
    expect(error.headers['link']).toContain('rel="deprecation"');
    expect(refusal('/v1/models', undefined, old).code).toBe('API_VERSION_RETIRED');
  });

  test('on a route its version does not have is answered 404', () => {
    const { bind, refusal } = open(deprecatedAtMs);
    const error = refusal('/api/jobs.php', old);
    expect(error.code).toBe('ENDPOINT_NOT_FOUND');
    expect(error.definition.status).toBe(404);
    expect(error.message).toContain(latest);
    expect(bind('/api/jobs.php', latest).version.name).toBe(latest);
  });

  test('speaks the older form of Deprecation where that is configured', () => {
    const { headers } = open(deprecatedAtMs, { deprecationForm: 'http-date' });
    expect(headers('/x', old)['Deprecation']).toBe('Mon, 18 May 2026 00:00:00 GMT');
  });
});

describe('a deprecated endpoint', () => {
  const deprecatedEndpoints = [
    { path: '/v1/completions', deprecatedAt: '2026-06-30', successor: '/v1/chat/completions' },
  ];
  const endpointSunsetMs = Date.UTC(2027, 5, 30);

  test('says so under every version, and names its successor', () => {
    const { headers } = open(Date.UTC(2026, 5, 30), { deprecatedEndpoints });
    const told = headers('/v1/completions', latest);
    expect(told).toMatchObject({ Deprecation: '@1782777600', Sunset: 'Wed, 30 Jun 2027 00:00:00 GMT' });
    expect(told['Link']).toContain('<https://api.example/v1/chat/completions>; rel="successor-version"');
    expect(headers('/v1/models', latest)).toEqual({ 'API-Version': latest });
  });

  test('is warned of in its last month and gone after twelve', () => {
    const { clock, headers, refusal } = open(Date.UTC(2027, 4, 30) - 1, { deprecatedEndpoints });
    expect(headers('/v1/completions')).not.toHaveProperty('Warning');
    clock.advance(1);
    expect(headers('/v1/completions')['Warning']).toContain('/v1/completions will be retired');
    clock.advance(endpointSunsetMs - clock.now());
    const error = refusal('/v1/completions');
    expect(error.code).toBe('ENDPOINT_RETIRED');
    expect(error.definition.status).toBe(410);
    expect(error.headers['link']).toBe('<https://api.example/v1/chat/completions>; rel="successor-version"');
  });

  test('under a version deprecated too names one end only: the earlier', () => {
    const { bind } = open(Date.UTC(2026, 6, 1), { deprecatedEndpoints });
    const names = bind('/v1/completions', old).headers.filter((_, index) => index % 2 === 0);
    expect(names.filter((name) => name === 'Deprecation')).toHaveLength(1);
    expect(names.filter((name) => name === 'Sunset')).toHaveLength(1);
    const record = headerRecord(bind('/v1/completions', old).headers);
    expect(record['Sunset']).toBe('Tue, 18 May 2027 00:00:00 GMT');
    expect(record['Link']).toContain('/v1/chat/completions>; rel="successor-version"');
    expect(record['Link']).toContain('/openapi.json>; rel="successor-version"');
  });
});
