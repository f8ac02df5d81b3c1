import { describe, expect, test } from 'vitest';
import { parseConfigYaml } from './yaml-file.ts';

describe('parseConfigYaml', () => {
  test('takes a reference without quotes, in block and flow maps', () => {
    const text = 'a: ${A}\nb: { key: ${B_1}, list: [${C}, "${D}"], other: $${E}, region: eu }\nc: |\n  ${F}\n';
    expect(parseConfigYaml(text, 'x')).toEqual({
      a: '${A}',
      b: { key: '${B_1}', list: ['${C}', '${D}'], other: '$${E}', region: 'eu' },
      c: '${F}\n',
    });
  });

  test('an empty file or one of comments is an empty map', () => {
    expect(parseConfigYaml('', 'x')).toEqual({});
    expect(parseConfigYaml('# nothing\n', 'x')).toEqual({});
  });

  test('keys are text even if they look like numbers', () => {
    expect(parseConfigYaml('2024: { a: 1 }', 'x')).toEqual({ '2024': { a: 1 } });
  });

  test('anchors and aliases work', () => {
    expect(parseConfigYaml('a: &x [1]\nb: *x', 'x')).toEqual({ a: [1], b: [1] });
  });

  test.each([
    ['a: [1, 2', /^my\.yaml:1:9: .*\]$/],
    ['a: { key: ${A}, b: } }', /^my\.yaml:1:22: /],
    ['a:\n\t- b', /^my\.yaml:2:1: Tabs/],
    ['a: 1\na: 2', /^my\.yaml:2:1: Map keys must be unique$/],
    ['a: 1\n---\nb: 2', /^my\.yaml:2:1: .*one document/],
    ['- a', /^my\.yaml:1:1: the file must hold a map/],
    ['just text', /^my\.yaml:1:1: the file must hold a map/],
    ['a: &x { b: *x }', /^my\.yaml:1:12: alias of a value that contains it$/],
  ])('names file, line and column for %j', (text, message) => {
    expect(() => parseConfigYaml(text, 'my.yaml')).toThrow(message);
  });

  test.each([
    'k: *sekret',
    'k: !sekret',
    'k: "\\qsekret"',
    'a: b\nk: }sekret',
    'k: @sekret',
    'k: |sekret\n  x',
    'k: sekret: sekret',
    '- a\nsekret: b',
    'k: "a" sekret',
  ])('never repeats what the file says: %j', (text) => {
    const attempt = () => parseConfigYaml(text, 'my.yaml');
    expect(attempt).toThrow(/^my\.yaml:\d+:\d+: [^\n]+$/);
    expect(attempt).not.toThrow(/sekret/);
  });
});
