import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { interpolate, variable } from './interpolate.ts';

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);

describe('interpolate', () => {
  test('fills variables at any depth and leaves keys, numbers and lone dollar signs', () => {
    const { map, problems } = interpolate(
      { '${A}': ['x ${A} y', { z: '${A}${B_2}' }], n: 1, price: 'US$ 5', none: null },
      { A: 'one', B_2: 'two' },
    );
    expect(map).toEqual({ '${A}': ['x one y', { z: 'onetwo' }], n: 1, price: 'US$ 5', none: null });
    expect(problems).toEqual([]);
  });

  test('two dollar signs are one, so that a reference can be written as text', () => {
    expect(interpolate({ a: '$${A} $$$$', b: '$$${A}' }, { A: 'x' }).map).toEqual({ a: '${A} $$', b: '$x' });
  });

  test('what a variable holds is not read again', () => {
    expect(interpolate({ a: '${A}' }, { A: '${B} $$ $& $1' }).map).toEqual({ a: '${B} $$ $& $1' });
  });

  test('reports each variable that is unset or empty, with the path of its key', () => {
    const { problems } = interpolate({ a: { b: ['Bearer secret ${NONE}', '${EMPTY}'] } }, { EMPTY: ' ' });
    expect(problems).toEqual([
      { path: ['a', 'b', 0], reference: '${NONE}', kind: 'unset' },
      { path: ['a', 'b', 1], reference: '${EMPTY}', kind: 'unset' },
    ]);
  });

  test('reports what looks like a reference and is none', () => {
    const found = interpolate({ a: '${A-B}', b: '${', c: '${A:-x}', d: '${}' }, { A: '1' }).problems;
    expect(found.map(({ kind, reference }) => [kind, reference])).toEqual([
      ['malformed', '${A-B}'],
      ['malformed', '${'],
      ['malformed', '${A:-x}'],
      ['malformed', '${}'],
    ]);
  });

  test('does not take inherited properties for variables', () => {
    expect(variable({}, 'constructor')).toBeUndefined();
    expect(interpolate({ a: '${toString}' }, {}).problems).toHaveLength(1);
  });

  test('any text survives when its dollar signs are doubled', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(interpolate({ a: text.replaceAll('$', '$$$$') }, {})).toEqual({ map: { a: text }, problems: [] });
      }),
    );
  });

  test('a text without dollar signs is left as it is, whatever the environment', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('$')),
        fc.dictionary(name, fc.string()),
        (text, env) => {
          expect(interpolate({ a: text }, env)).toEqual({ map: { a: text }, problems: [] });
        },
      ),
    );
  });

  test('a variable that is set always appears between what surrounds it', () => {
    const plain = fc.string().filter((text) => !text.includes('$'));
    const set = fc.string().filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(plain, name, set, plain, (before, variableName, value, after) => {
        expect(interpolate({ a: `${before}\${${variableName}}${after}` }, { [variableName]: value }).map).toEqual({
          a: before + value + after,
        });
      }),
    );
  });
});
