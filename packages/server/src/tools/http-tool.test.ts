import { describe, expect, test } from 'vitest';
import { toolsSection } from '../config/tools-section.ts';
import type { OutboundAnswer, OutboundRequest } from '../outbound/guarded-request.ts';
import { httpTool } from './http-tool.ts';

function toolOf(config: object, answer: Partial<OutboundAnswer> = {}) {
  const requests: OutboundRequest[] = [];
  const description = 'Tells where an order is, for this test.';
  const { http } = toolsSection.parse({
    http: { order: { description, url: 'https://shop.example/orders', ...config } },
  });
  const { order } = http;
  if (order === undefined) throw new Error('no tool');
  const tool = httpTool('order', order, {
    request: (request) => {
      requests.push(request);
      return Promise.resolve({ status: 200, contentType: 'application/json', text: '{"state":"sent"}', ...answer });
    },
    close: () => Promise.resolve(),
  });
  const signal = new AbortController().signal;
  return { tool, requests, call: (args: object) => tool.handle(args as never, { principal: undefined, signal }) };
}

describe('a tool that is a call to a server', () => {
  test('puts arguments into the path and the query, escaped', async () => {
    const { call, requests, tool } = toolOf({ url: 'https://shop.example/orders/{id}?v=1', headers: { 'x-key': 'k' } });
    expect(await call({ id: 'a/../b', size: [1, 2], text: 'ä&b' })).toEqual({ state: 'sent' });
    expect(requests[0]).toMatchObject({
      method: 'GET',
      url: 'https://shop.example/orders/a%2F..%2Fb?v=1&size=%5B1%2C2%5D&text=%C3%A4%26b',
      headers: { 'x-key': 'k' },
    });
    expect(tool).toMatchObject({ isReadOnly: true, isOpenWorld: true });
  });

  test('sends the rest as JSON where there is a body', async () => {
    const { call, requests, tool } = toolOf({ method: 'POST', url: 'https://shop.example/orders/{id}' });
    await call({ id: 7, note: 'x' });
    expect(requests[0]).toMatchObject({ url: 'https://shop.example/orders/7', body: '{"note":"x"}' });
    expect(tool.isReadOnly).toBe(false);
  });

  test.each(['..', '.'])('does not climb out of its path: %s', async (id) => {
    const { call, requests } = toolOf({ url: 'https://shop.example/orders/{id}/state' });
    await expect(call({ id })).rejects.toMatchObject({ code: 'TOOL_ARGUMENTS_INVALID', param: 'arguments.id' });
    expect(requests).toEqual([]);
  });

  test('gives lists and texts as objects, and says when the server fails', async () => {
    expect(await toolOf({}, { text: '[1]' }).call({})).toEqual({ result: [1] });
    expect(await toolOf({}, { text: 'hello', contentType: 'text/plain' }).call({})).toEqual({ text: 'hello' });
    await expect(toolOf({}, { text: '{', status: 200 }).call({})).rejects.toMatchObject({ code: 'TOOL_FAILED' });
    await expect(toolOf({}, { status: 404 }).call({})).rejects.toMatchObject({
      message: expect.stringContaining('status 404') as string,
    });
  });

  test.each([{ allowed_networks: ['10.0.0.0/33'] }, { http: { 'a b': {} } }, { http: { x: { url: 'ftp://x' } } }])(
    'is refused in the configuration: %j',
    (section) => {
      expect(toolsSection.safeParse(section).success).toBe(false);
    },
  );
});
