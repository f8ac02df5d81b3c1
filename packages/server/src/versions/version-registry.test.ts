import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { versionDeclarations } from './declarations.ts';
import type { Shape, VersionChange, VersionDeclaration } from './version-change.ts';
import { createVersionRegistry, type Version, type VersionRegistry } from './version-registry.ts';

const change = (id: string, steps: Partial<VersionChange> = {}): VersionChange => ({
  ...{ id, title: id, description: id, migration: id },
  ...steps,
});
const declare = (
  version: string,
  changes: readonly VersionChange[] = [],
  more: Partial<VersionDeclaration> = {},
): VersionDeclaration => ({
  ...{ version, changes, summary: version, publishedAt: version.slice(0, 10) },
  status: version.endsWith('-preview') ? 'preview' : 'supported',
  ...more,
});
const versionOf = (registry: VersionRegistry, name: string): Version => {
  const version = registry.find(name);
  if (version === undefined) throw new Error(`no version ${name}`);
  return version;
};
const refusalOf = (registry: VersionRegistry, header: string): AppError => {
  try {
    registry.resolve(header, undefined);
  } catch (error) {
    if (error instanceof AppError) return error;
  }
  throw new Error('it was not refused');
};

describe('the version of a request', () => {
  const registry = createVersionRegistry(versionDeclarations);

  test('is the one of the header, else the one the key is pinned to, else the latest', () => {
    expect(registry.resolve('2026-05-18', '2026-01-15').name).toBe('2026-05-18');
    expect(registry.resolve(undefined, '2026-01-15').name).toBe('2026-01-15');
    expect(registry.resolve('', '2026-01-15').name).toBe('2026-01-15');
    expect(registry.resolve(undefined, undefined).name).toBe('2026-05-18');
  });

  test('is the latest for a pin that is no longer declared', () => {
    expect(registry.resolve(undefined, '2020-01-01').name).toBe('2026-05-18');
  });

  test('is a preview only for who names it', () => {
    expect(registry.resolve('2026-11-02-preview', undefined).name).toBe('2026-11-02-preview');
    expect(registry.latest.name).toBe('2026-05-18');
    expect(refusalOf(registry, '2026-11-02').code).toBe('INVALID_API_VERSION');
    expect(refusalOf(registry, '2026-05-18-preview').code).toBe('INVALID_API_VERSION');
  });

  test.each([
    ['latest', 'is not of the form'],
    ['2026-5-18', 'is not of the form'],
    ['2026-05-18, 2026-01-15', 'is not of the form'],
    ['2026-05-18-beta', 'is not of the form'],
    ['   ', 'is not of the form'],
    ['2026-02-30', 'is not a day of the calendar'],
    ['2025-02-29-preview', 'is not a day of the calendar'],
    ['2026-02-28', 'there is no version'],
    ['2099-01-01', 'there is no version'],
    ['9'.repeat(5_000), 'is not of the form'],
  ])('%j is refused, with the versions there are', (header, why) => {
    const error = refusalOf(registry, header);
    expect(error).toMatchObject({ code: 'INVALID_API_VERSION', param: 'API-Version' });
    expect(error.definition.status).toBe(400);
    expect(error.message).toContain(why);
    expect(error.message).toContain('2026-01-15, 2026-05-18, 2026-11-02-preview');
    expect(error.message.length).toBeLessThan(300);
  });

  test('nothing but a declared name is ever accepted', () => {
    const names = new Set(registry.versions.map(({ name }) => name));
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^20\d\d-\d\d-\d\d(-preview)?$/)),
        (given) => {
          fc.pre(!names.has(given.trim()));
          expect(refusalOf(registry, given).code).toBe('INVALID_API_VERSION');
        },
      ),
    );
  });
});

describe('a chain of changes', () => {
  // Appending does not commute, so the text tells the order.
  const append =
    (name: string) =>
    (body: Shape): Shape => ({ ...body, path: `${String(body['path'])}>${name}` });
  const marked = (name: string) =>
    change(name, {
      upgradeRequest: append(`up ${name}`),
      downgradeResponse: append(`down ${name}`),
      downgradeError: append(`error ${name}`),
      downgradeEvent: ({ name: event, data }) => ({ name: event, data: `${data}>${name}` }),
    });
  // Declared in no particular order.
  const registry = createVersionRegistry([
    declare('2026-03-01', [marked('C'), marked('D')]),
    declare('2026-01-01', [marked('never applied')]),
    declare('2026-04-01-preview', [marked('E')]),
    declare('2026-02-01', [marked('A'), marked('B')]),
  ]);
  const translation = (name: string) => registry.translation(versionOf(registry, name), '/x');

  test('versions are in the order of their dates', () => {
    expect(registry.versions.map(({ name }) => name)).toEqual([
      '2026-01-01',
      '2026-02-01',
      '2026-03-01',
      '2026-04-01-preview',
    ]);
    expect(registry.latest.name).toBe('2026-03-01');
  });

  test('requests are upgraded oldest change first', () => {
    expect(translation('2026-01-01').upgradeRequest?.({ path: '' })).toEqual({ path: '>up A>up B>up C>up D>up E' });
    expect(translation('2026-02-01').upgradeRequest?.({ path: '' })).toEqual({ path: '>up C>up D>up E' });
  });

  test('answers, errors and events are downgraded newest change first', () => {
    const { downgradeResponse, downgradeError, downgradeEvent } = translation('2026-01-01');
    expect(downgradeResponse?.({ path: '' })).toEqual({ path: '>down E>down D>down C>down B>down A' });
    expect(downgradeError?.({ path: '' })).toEqual({ path: '>error E>error D>error C>error B>error A' });
    expect(downgradeEvent?.({ name: undefined, data: '' })).toEqual({ name: undefined, data: '>E>D>C>B>A' });
    expect(translation('2026-03-01').downgradeResponse?.({ path: '' })).toEqual({ path: '>down E' });
  });

  test('nothing is done for the newest', () => {
    expect(translation('2026-04-01-preview')).toEqual({
      isMissing: false,
      upgradeRequest: undefined,
      downgradeResponse: undefined,
      downgradeEvent: undefined,
      downgradeError: undefined,
    });
  });
});

describe('a change', () => {
  test('may keep an event from older versions; changes before it do not see it', () => {
    const registry = createVersionRegistry([
      declare('2026-01-01'),
      declare('2026-02-01', [
        change('sees', { downgradeEvent: (event) => ({ ...event, data: `${event.data} seen` }) }),
      ]),
      declare('2026-03-01', [
        change('drops', { downgradeEvent: (event) => (event.name === 'token' ? undefined : event) }),
      ]),
    ]);
    const { downgradeEvent } = registry.translation(versionOf(registry, '2026-01-01'), '/x');
    expect(downgradeEvent?.({ name: 'token', data: 'a' })).toBeUndefined();
    expect(downgradeEvent?.({ name: 'result', data: 'a' })).toEqual({ name: 'result', data: 'a seen' });
  });

  test('with routes touches only these', () => {
    const registry = createVersionRegistry([
      declare('2026-01-01'),
      declare('2026-02-01', [change('one', { routes: ['/one'], downgradeResponse: () => ({ old: true }) })]),
    ]);
    const old = versionOf(registry, '2026-01-01');
    expect(registry.translation(old, '/one').downgradeResponse?.({})).toEqual({ old: true });
    expect(registry.translation(old, '/two').downgradeResponse).toBeUndefined();
  });

  test('that adds a route keeps it from every older version', () => {
    const registry = createVersionRegistry([
      declare('2026-01-01'),
      declare('2026-02-01'),
      declare('2026-03-01', [change('adds', { addedRoutes: ['/new/{id}'] })]),
    ]);
    const missing = (name: string, route: string) => registry.translation(versionOf(registry, name), route).isMissing;
    expect(missing('2026-01-01', '/new/{id}')).toBe(true);
    expect(missing('2026-02-01', '/new/{id}')).toBe(true);
    expect(missing('2026-03-01', '/new/{id}')).toBe(false);
    expect(missing('2026-01-01', '/other')).toBe(false);
  });
});

test('a server that declares only previews does not start', () => {
  expect(() => createVersionRegistry([declare('2026-01-01-preview')])).toThrow('no preview');
});

describe('the versions that are shipped', () => {
  const registry = createVersionRegistry(versionDeclarations);
  const translation = (name: string, route: string) => registry.translation(versionOf(registry, name), route);

  test('the oldest has no jobs, tools and capabilities', () => {
    for (const route of ['/api/jobs.php', '/api/jobs/{id}', '/api/tools.php', '/api/capabilities.php']) {
      expect(translation('2026-01-15', route).isMissing, route).toBe(true);
      expect(translation('2026-05-18', route).isMissing, route).toBe(false);
    }
  });

  test('the oldest is sent no token events by ask, and its chat streams are left alone', () => {
    const event = { name: 'token', data: '{}' };
    expect(translation('2026-01-15', '/api/ask.php').downgradeEvent?.(event)).toBeUndefined();
    expect(translation('2026-01-15', '/v1/chat/completions').downgradeEvent).toBeUndefined();
  });

  test('errors gain their members version by version', () => {
    const error = {
      message: 'm',
      type: 't',
      param: null,
      code: 'c',
      retry_after: 3,
      documentation_url: 'u',
      request_id: 'r',
    };
    const seen = (name: string) => Object.keys(translation(name, '/x').downgradeError?.(error) ?? error);
    expect(seen('2026-01-15')).toEqual(['message', 'type', 'param', 'code']);
    expect(seen('2026-05-18')).toEqual(['message', 'type', 'param', 'code', 'retry_after', 'documentation_url']);
    expect(seen('2026-11-02-preview')).toEqual(Object.keys(error));
  });
});
