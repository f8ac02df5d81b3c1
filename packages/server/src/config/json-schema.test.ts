import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeSchema, overlayJsonSchema, schemaAtPath, settingsJsonSchema } from './json-schema.ts';

const checkedIn = join(import.meta.dirname, '../../../../docs/turnpike.schema.json');

test('the published schema is up to date (else run node scripts/write-config-schema.ts)', () => {
  expect(JSON.parse(readFileSync(checkedIn, 'utf8'))).toEqual(overlayJsonSchema());
});

describe('overlayJsonSchema', () => {
  const schema = overlayJsonSchema();

  test('is JSON Schema 2020-12 in which no key of a map is required', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.required).toBeUndefined();
    expect(schemaAtPath(schema, ['models', 'any'])).not.toHaveProperty('required');
  });

  test('lets null remove anything but requires whole items in lists', () => {
    expect(schemaAtPath(schema, ['plans', 'personal', 'requests_per_minute'])?.type).toEqual(['integer', 'null']);
    expect(schemaAtPath(schema, ['plans', 'personal', 'limits_per'])?.enum).toEqual(['key', 'tenant', null]);
    const targets = schemaAtPath(schema, ['models', 'any', 'targets']);
    expect(targets?.type).toEqual(['array', 'null']);
    expect(targets?.items).toMatchObject({ type: 'object', required: ['upstream', 'model'] });
  });
});

test('says in words what may stand at a path', () => {
  const schema = settingsJsonSchema();
  const allowedAt = (...path: (string | number)[]) => describeSchema(schemaAtPath(schema, path) ?? {});
  expect(allowedAt('plans', 'any', 'tokens_per_day')).toBe('a whole number above 0');
  expect(allowedAt('keys', 'rotation_overlap_seconds')).toBe('a whole number from 0');
  expect(allowedAt('models', 'any', 'price', 'input_per_million')).toBe('a number from 0');
  expect(allowedAt('models', 'any', 'price', 'currency')).toBe('a currency code of three capital letters, such as EUR');
  expect(allowedAt('models', 'any', 'targets', 0, 'model')).toBe('text that is not empty');
  expect(allowedAt('plans')).toBe('a map');
  expect(schemaAtPath(schema, ['plans', 'any', 'constructor'])).toBeUndefined();
});
