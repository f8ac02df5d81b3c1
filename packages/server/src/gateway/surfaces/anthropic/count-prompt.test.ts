import { expect, test } from 'vitest';
import { imageTokens } from '../../../tokens/estimate.ts';
import { countPrompt } from './count-prompt.ts';

const length = (text: string) => text.length;

test('texts, calls, tools and images are counted once each', () => {
  const empty = countPrompt({ model: 'm', messages: [{ role: 'user', content: '' }] }, length);
  const counted = (message: object) =>
    countPrompt({ model: 'm', messages: [{ role: 'assistant', ...message }] }, length) - empty;
  expect(counted({ content: 'abc' })).toBe(3);
  expect(counted({ content: [{ type: 'text', text: 'abc' }, { type: 'image_url' }] })).toBe(3 + imageTokens);
  expect(counted({ content: null, tool_calls: [{ function: { name: 'f', arguments: '{}' } }] })).toBe(3);
  const tools = [{ type: 'function' }];
  expect(countPrompt({ model: 'm', messages: [{ role: 'user', content: '' }], tools }, length) - empty).toBe(
    JSON.stringify(tools).length,
  );
});
