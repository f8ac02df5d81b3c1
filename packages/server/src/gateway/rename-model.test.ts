import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renameModel } from './rename-model.ts';

test('only the model changes: numbers, spacing and order stay as they came', () => {
  const text =
    '{"id":"a","model":"up/stream","big":12345678901234567890,"f":1.0e2, "text":"\\"model\\":\\"up/stream\\""}';
  expect(renameModel(text, { model: 'up/stream' }, 'public')).toBe(
    text.replace('"model":"up/stream"', '"model":"public"'),
  );
});

test('the answer always names the public model, whatever the upstream wrote', () => {
  const nested = fc.oneof(
    fc.string(),
    fc.record({ model: fc.string() }),
    fc.array(fc.record({ model: fc.constantFrom('a', 'b') })),
  );
  fc.assert(
    fc.property(
      fc.record({ first: nested, model: fc.oneof(fc.string(), fc.integer(), fc.constant(null)), last: nested }),
      fc.constantFrom(0, 1),
      (body, indent) => {
        const renamed = JSON.parse(renameModel(JSON.stringify(body, null, indent), body, 'public')) as typeof body;
        expect(renamed.model).toBe('public');
      },
    ),
  );
});
