import { randomBytes } from 'node:crypto';
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAddressGuard, createNetworkGuard } from '../outbound/address-guard.ts';
import { createCipher } from '../secrets/cipher.ts';
import { createTenantStore } from '../tenants/store.ts';
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { ok, startWebhookReceiver, status, type WebhookReceiver } from '../testing/webhook-receiver.ts';
import { DeliveryStore } from './delivery-store.ts';
import { Dispatcher } from './dispatcher.ts';
import { EndpointStore } from './endpoint-store.ts';
import type { DeliveryDetail } from './endpoint.ts';
import { OutgoingStore } from './outgoing-store.ts';
import { recordEvent } from './record-event.ts';
import { createDeliverySender } from './send-delivery.ts';

const cipher = createCipher(randomBytes(32), 'webhooks');
const timeoutMs = 15_000;
const leaseMs = 45_000;

describeEachDatabase('webhooks', (database) => {
  let clock: ManualClock;
  let tenantId = '';
  let receiver: WebhookReceiver;
  let endpoints: EndpointStore;
  let deliveries: DeliveryStore;
  let store: OutgoingStore;
  const closers: (() => Promise<void>)[] = [];

  const dispatcher = (networks: readonly string[] = ['127.0.0.0/8']) => {
    const addresses = { mayAsk: createAddressGuard(networks), isAllowed: createNetworkGuard(networks) };
    const sender = createDeliverySender({ clock, addresses, timeoutMs });
    const logger = createRecordingLogger();
    const made = new Dispatcher({ store, sender, clock, logger, concurrency: 64, random: () => 0 });
    closers.push(async () => {
      await made.close();
      await sender.close();
    });
    return made;
  };
  const happen = (data: Record<string, string> = {}, id = tenantId) =>
    database().transaction((executor) =>
      recordEvent(executor, { tenantId: id, type: 'job.succeeded', data, nowMs: clock.now() }),
    );
  const endpoint = async (url = receiver.url, id = tenantId) =>
    endpoints.create({ tenantId: id, url, description: '', eventTypes: null });
  const only = async (endpointId: string): Promise<DeliveryDetail> => {
    const [first] = await deliveries.list({ tenantId, endpointId, limit: 10 });
    return deliveries.get(tenantId, endpointId, first?.id ?? '');
  };
  const until = async (endpointId: string, expected: Partial<DeliveryDetail>) => {
    await expect.poll(() => only(endpointId)).toMatchObject(expected);
    return only(endpointId);
  };

  beforeEach(async () => {
    clock = createManualClock(Date.UTC(2026, 10, 24, 9));
    receiver = await startWebhookReceiver();
    const common = { database: database(), clock, cipher };
    endpoints = new EndpointStore({ ...common, maxEndpoints: 3 });
    deliveries = new DeliveryStore(common);
    store = new OutgoingStore({ ...common, leaseMs, brandName: 'Example', publicUrl: 'https://api.example' });
    tenantId = (await createTenantStore(common).create({ name: 'Ada', plan: 'x', contactEmail: 'ada@example.com' })).id;
  });
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
    await receiver.close();
    await database().query((executor) => executor.execute('DELETE FROM webhook_endpoints'));
  });

  test('are sent at once, signed, and the answer is kept', async () => {
    const { endpoint: made, secret } = await endpoint();
    const eventId = await happen({ job_id: 'job_1' });
    dispatcher().start();
    const done = await until(made.id, { status: 'delivered', attempts: 1, responseStatus: 200 });
    expect(done.attemptLog).toMatchObject([{ number: 1, responseStatus: 200, responseBody: 'thanks', error: null }]);
    const [received] = receiver.received;
    expect(received?.headers).toMatchObject({
      'webhook-id': eventId,
      'webhook-timestamp': String(clock.now() / 1_000),
      'content-type': 'application/json',
    });
    expect(JSON.parse(received?.body ?? '')).toEqual({
      ...{ type: 'job.succeeded', timestamp: '2026-11-24T09:00:00.000Z', data: { job_id: 'job_1' } },
    });
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const signed = `${String(eventId)}.${String(clock.now() / 1_000)}.${received?.body ?? ''}`;
    expect(received?.headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    );
    expect((await endpoints.get(tenantId, made.id)).lastSuccessAt).toEqual(new Date(clock.now()));
  });
});
