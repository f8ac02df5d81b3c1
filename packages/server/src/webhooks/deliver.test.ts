import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { EventData } from '@turnpike/contract/webhook-events';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
import { dropOldEvents } from './webhook-retention.ts';

const cipher = createCipher(randomBytes(32), 'webhooks');
const timeoutMs = 15_000;
const leaseMs = 45_000;
const job: EventData<'job.succeeded'> = {
  ...{ job_id: 'job_0', type: 'ask', status: 'succeeded', key_id: null, error: null },
  created_at: '2026-11-24T09:00:00.000Z',
};
const key: EventData<'key.created'> = { key_id: 'key_1', name: 'CI', mode: 'live', hint: 'sk_live_…abcd' };

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
      await closeInTime(made);
      await sender.close();
    });
    return made;
  };
  /** Closing waits for what is under way, by the clock. */
  const closeInTime = async (closing: Dispatcher) => {
    const over = closing.close();
    await expect
      .poll(() => {
        clock.advance(5_000);
        return Promise.race([over.then(() => 'over'), new Promise((resolve) => setImmediate(resolve, 'not yet'))]);
      })
      .toBe('over');
  };
  const happen = (data: Partial<EventData<'job.succeeded'>> = {}, id = tenantId) =>
    database().transaction((executor) =>
      recordEvent(executor, {
        ...{ tenantId: id, type: 'job.succeeded', nowMs: clock.now() },
        data: { ...job, ...data },
      }),
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
  /** Moves time on by seconds until it is so. */
  const tickUntil = async (endpointId: string, expected: Partial<DeliveryDetail>) => {
    await expect
      .poll(
        () => {
          clock.advance(1_000);
          return only(endpointId);
        },
        { timeout: 10_000 },
      )
      .toMatchObject(expected);
    return only(endpointId);
  };
  /** Until each of an endpoint's deliveries was tried so often and that is written down; while one is under way, time stands still. */
  const tried = async (endpointId: string, tries: number) => {
    await expect
      .poll(
        async () => {
          const all = await deliveries.list({ tenantId, endpointId, limit: 10 });
          const logs = await Promise.all(all.map(({ id }) => deliveries.get(tenantId, endpointId, id)));
          const isUnderWay = logs.some(({ attempts, attemptLog }) => attempts > attemptLog.length);
          const isDone = logs.every(({ attemptLog }) => attemptLog.length === tries);
          if (!isUnderWay && !isDone) clock.advance(1_000);
          return isDone && !isUnderWay;
        },
        { timeout: 20_000 },
      )
      .toBe(true);
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
    await database().query((executor) => executor.execute('DELETE FROM webhook_events; DELETE FROM webhook_endpoints'));
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
      ...{ type: 'job.succeeded', timestamp: '2026-11-24T09:00:00.000Z', data: { ...job, job_id: 'job_1' } },
    });
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    const signed = `${String(eventId)}.${String(clock.now() / 1_000)}.${received?.body ?? ''}`;
    expect(received?.headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    );
    expect((await endpoints.get(tenantId, made.id)).lastSuccessAt).toEqual(new Date(clock.now()));
  });

  test('are tried again after the schedule of the specification, for about three days, then given up', async () => {
    const { endpoint: made } = await endpoint();
    receiver.answer(status(500));
    await happen();
    dispatcher().start();
    const pausesSeconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (const [index, seconds] of pausesSeconds.entries()) {
      const failed = await tried(made.id, index + 1);
      expect(failed).toMatchObject({ status: 'pending', responseStatus: 500 });
      const { nextAttemptAt } = failed;
      const endedMs =
        (failed.attemptLog[index]?.startedAt.getTime() ?? 0) + (failed.attemptLog[index]?.durationMs ?? 0);
      expect((nextAttemptAt?.getTime() ?? 0) - endedMs).toBe(seconds * 1_000);
      clock.leap(nextAttemptAt?.getTime() ?? 0);
    }
    expect(await tried(made.id, 10)).toMatchObject({ attempts: 10, status: 'failed' });
    clock.leap(clock.now() + 30 * 86_400_000);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const { attemptLog } = await only(made.id);
    expect(attemptLog.map(({ error }) => error)).toEqual(
      Array.from({ length: 10 }, () => 'The answer was 500; anything but 2xx counts as failed.'),
    );
  });

  const mails = async () => {
    const { rows } = await database().query((executor) =>
      executor.execute(sql`SELECT recipient, subject, body FROM tenant_mails WHERE tenant_id = ${tenantId}`),
    );
    return rows;
  };

  test('that reach an endpoint at nothing for days disable it, and its owners are written to once', async () => {
    const { endpoint: made } = await endpoint();
    receiver.answer(status(503));
    await happen({ job_id: 'job_one' });
    await happen({ job_id: 'job_two' });
    const first = dispatcher();
    first.start();
    for (let tries = 1; tries <= 10; tries += 1) {
      expect(await tried(made.id, tries)).toMatchObject({ responseStatus: 503 });
      clock.leap(clock.now() + 25 * 3_600_000);
    }
    await expect
      .poll(() => endpoints.get(tenantId, made.id))
      .toMatchObject({ enabled: false, disabledReason: 'failing' });
    expect(await mails()).toMatchObject([
      { recipient: 'ada@example.com', body: expect.stringContaining(receiver.url) as string },
    ]);
    expect(await happen()).toBeUndefined();
    expect(await endpoints.update(tenantId, made.id, { enabled: true })).toMatchObject({ disabledReason: null });
  });

  test('that reached it meanwhile keep an endpoint from being disabled', async () => {
    const { endpoint: made } = await endpoint();
    receiver.answer((response, { body }) => {
      (body.includes('bad') ? status(500) : ok)(response, { path: '', headers: {}, body });
    });
    await happen({ job_id: 'job_bad' });
    dispatcher().start();
    for (let tries = 1; tries <= 10; tries += 1) {
      expect(await tried(made.id, tries)).toMatchObject({ responseStatus: 500 });
      if (tries === 9) {
        await happen({ job_id: 'job_good' }, tenantId);
        await expect
          .poll(
            async () => {
              clock.advance(1_000);
              return (await endpoints.get(tenantId, made.id)).lastSuccessAt;
            },
            { timeout: 10_000 },
          )
          .not.toBeNull();
        await database().query((executor) =>
          executor.execute(sql`DELETE FROM webhook_events WHERE payload LIKE '%good%'`),
        );
      }
      clock.leap(clock.now() + 25 * 3_600_000);
    }
    expect(await only(made.id)).toMatchObject({ status: 'failed', attempts: 10 });
    expect(await endpoints.get(tenantId, made.id)).toMatchObject({ enabled: true });
    expect(await mails()).toEqual([]);
  });

  test('answered with 410 disable the endpoint; what waits is sent once it is enabled again', async () => {
    const { endpoint: made } = await endpoint();
    receiver.answer(status(410));
    await happen();
    dispatcher().start();
    await until(made.id, { status: 'failed', responseStatus: 410 });
    expect(await endpoints.get(tenantId, made.id)).toMatchObject({ enabled: false, disabledReason: 'gone' });
    expect(await mails()).toMatchObject([{ body: expect.stringContaining('410') as string }]);
    const { id } = await only(made.id);
    await expect(deliveries.redeliver(tenantId, made.id, id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(deliveries.test(tenantId, made.id)).rejects.toMatchObject({ code: 'CONFLICT' });

    receiver.answer(ok);
    await endpoints.update(tenantId, made.id, { enabled: true });
    await deliveries.redeliver(tenantId, made.id, id);
    await endpoints.update(tenantId, made.id, { enabled: false });
    clock.advance(60_000);
    expect(await only(made.id)).toMatchObject({ status: 'pending', attempts: 1 });
    await endpoints.update(tenantId, made.id, { enabled: true });
    await tickUntil(made.id, { status: 'delivered', attempts: 2 });
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
  });

  test('follow no redirect, wherever it leads', async () => {
    const { endpoint: made } = await endpoint();
    receiver.answer(status(302, { location: `http://127.0.0.1:${receiver.port}/secret` }));
    await happen();
    dispatcher().start();
    const failed = await until(made.id, { status: 'pending', attempts: 1, responseStatus: 302 });
    expect(failed.attemptLog[0]?.error).toContain('Redirects are not followed');
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook']);
  });

  test('that get no answer in time are tried again, also where it stalls after the headers of a failure', async () => {
    const { endpoint: made } = await endpoint();
    receiver.answer(() => undefined);
    await happen();
    dispatcher().start();
    await expect.poll(() => receiver.received.length).toBe(1);
    clock.advance(timeoutMs - 1);
    expect(await only(made.id)).toMatchObject({
      attempts: 1,
      nextAttemptAt: new Date(Date.UTC(2026, 10, 24, 9) + leaseMs),
    });
    clock.advance(1);
    const stalled = await until(made.id, { nextAttemptAt: new Date(clock.now() + 5_000) });
    expect(stalled.attemptLog).toMatchObject([
      {
        durationMs: timeoutMs,
        responseStatus: null,
        responseBody: null,
        error: 'There was no answer within 15 seconds.',
      },
    ]);
    receiver.answer((response) => {
      response.writeHead(200);
      response.write('begun');
    });
    await tickUntil(made.id, { status: 'delivered' });
    expect((await only(made.id)).attemptLog[1]).toMatchObject({ responseBody: 'begun' });
  });

  test('read no more than a kilobyte of an answer without end', async () => {
    const { endpoint: made } = await endpoint();
    let written = 0;
    let isClosed = false;
    receiver.answer((response) => {
      response.writeHead(200);
      response.on('close', () => (isClosed = true));
      const more = () => {
        for (;;) {
          if (isClosed) return;
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536, 'x'))) break;
        }
        response.once('drain', more);
      };
      more();
    });
    await happen();
    dispatcher().start();
    const done = await until(made.id, { status: 'delivered' });
    expect(done.attemptLog[0]?.responseBody).toBe('x'.repeat(1_024));
    await expect.poll(() => isClosed).toBe(true);
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  test('to a closed port, a foreign protocol or no TLS fail with a reason', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const reasons: [string, RegExp][] = [
      ['http://127.0.0.1:1/', /The connection was refused/],
      [`http://127.0.0.1:${port}/`, /not valid HTTP|closed before/],
      [`https://127.0.0.1:${receiver.port}/`, /TLS|closed before|EPROTO/],
    ];
    const made = await Promise.all(reasons.map(([url]) => endpoint(url)));
    await happen();
    dispatcher().start();
    for (const [index, [, reason]] of reasons.entries()) {
      const { endpoint: one } = made[index] ?? (await endpoint());
      const failed = await until(one.id, { status: 'pending', attempts: 1, responseStatus: null });
      await expect.poll(async () => (await only(one.id)).attemptLog[0]?.error).toMatch(reason);
      expect(failed.endpointId).toBe(one.id);
    }
    server.close();
  });

  test.each([
    ['http://127.0.0.1:PORT/hook', []],
    ['http://localhost:PORT/hook', []],
    ['http://[::ffff:127.0.0.1]:PORT/hook', []],
    ['http://2130706433:PORT/hook', []],
    ['http://127.0.0.1:PORT/hook', ['10.0.0.0/8']],
    ['https://localhost:PORT/hook', []],
    ['http://no-such-host.invalid/', ['127.0.0.0/8']],
  ] as const)('never reach a private network that is not allowed: %s %j', async (url, networks) => {
    const { endpoint: made } = await endpoint(url.replace('PORT', String(receiver.port)));
    await happen();
    dispatcher(networks).start();
    const failed = await until(made.id, { attempts: 1, responseStatus: null, status: 'pending' });
    await expect
      .poll(async () => (await only(made.id)).attemptLog[0]?.error)
      .toBe('The host has no public address that events can be sent to.');
    expect(failed.attempts).toBe(1);
    expect(receiver.received).toEqual([]);
  });

  test('of a process that died are sent again by another with the same id, not before its lease has ended', async () => {
    const { endpoint: made } = await endpoint();
    await happen();
    const bounds = { limit: 5, perEndpoint: 5, perTenant: 5, busyEndpoints: {}, busyTenants: {} };
    const [dead] = await store.claim(bounds);
    expect(dead).toMatchObject({ endpointId: made.id, attempt: 1 });
    const other = dispatcher();
    other.start();
    clock.advance(leaseMs - 1);
    expect(receiver.received).toEqual([]);
    const done = await tickUntil(made.id, { status: 'delivered', attempts: 2 });
    expect(receiver.received[0]?.headers['webhook-id']).toBe(dead?.eventId);
    // What the dead one writes down after all changes nothing.
    if (dead === undefined) throw new Error('nothing was claimed');
    const end = { startedAtMs: clock.now(), durationMs: 1, status: 500, body: Buffer.from(''), error: 'late' };
    await store.finish(dead, end, { kind: 'again', pauseMs: 1 });
    expect(await only(made.id)).toMatchObject({ status: 'delivered', endedAt: done.endedAt });
  });

  test('are claimed once, by however many at once', async () => {
    await endpoint();
    for (let count = 0; count < 20; count += 1) await happen();
    const bounds = { limit: 7, perEndpoint: 100, perTenant: 100, busyEndpoints: {}, busyTenants: {} };
    const claims = await Promise.all(Array.from({ length: 8 }, () => store.claim(bounds)));
    const rest = await store.claim({ ...bounds, limit: 100 });
    const ids = [...claims.flat(), ...rest].map(({ id }) => id);
    expect(ids.length).toBe(20);
    expect(new Set(ids).size).toBe(20);
  });

  test('of a tenant with very many do not keep those of another waiting', async () => {
    const other = (await createTenantStore({ database: database(), clock }).create({ name: 'Bob', plan: 'x' })).id;
    const mine = await endpoint();
    const theirs = await endpoint(receiver.url, other);
    for (let count = 0; count < 30; count += 1) await happen();
    clock.advance(1);
    await happen({}, other);
    const bounds = { limit: 4, perEndpoint: 4, perTenant: 8, busyEndpoints: {}, busyTenants: {} };
    await store.claim({ ...bounds, limit: 0 });
    const claimed = await store.claim(bounds);
    expect(claimed.map(({ endpointId }) => endpointId)).toContain(theirs.endpoint.id);
    const busy = { ...bounds, limit: 50, busyTenants: { [tenantId]: 8 } };
    expect(await store.claim(busy)).toEqual([]);
    expect(await store.claim({ ...bounds, limit: 50, busyEndpoints: { [mine.endpoint.id]: 4 } })).toEqual([]);
  });

  test('under way when the process stops are given back and were no attempt', async () => {
    const { endpoint: made } = await endpoint();
    receiver.answer(() => undefined);
    await happen();
    const stopping = dispatcher();
    stopping.start();
    await expect.poll(() => receiver.received.length).toBe(1);
    await closeInTime(stopping);
    expect(await only(made.id)).toMatchObject({ status: 'pending', attempts: 0, attemptLog: [] });
    receiver.answer(ok);
    dispatcher().start();
    await until(made.id, { status: 'delivered', attempts: 1 });
  });

  test('wait for as long as an endpoint asks, a day at most', async () => {
    const { endpoint: made } = await endpoint();
    receiver.answer(status(429, { 'retry-after': '600' }));
    await happen();
    dispatcher().start();
    await until(made.id, { responseStatus: 429, nextAttemptAt: new Date(clock.now() + 600_000) });
    receiver.answer(status(503, { 'retry-after': '999999999' }));
    clock.leap(clock.now() + 600_000);
    const { attemptLog, nextAttemptAt } = await tried(made.id, 2);
    const endedMs = (attemptLog[1]?.startedAt.getTime() ?? 0) + (attemptLog[1]?.durationMs ?? 0);
    expect(nextAttemptAt).toEqual(new Date(endedMs + 86_400_000));
  });

  test('for tests are tried once and do no harm', async () => {
    const { endpoint: made } = await endpoint();
    receiver.answer(status(500));
    const sent = await deliveries.test(tenantId, made.id);
    expect(sent).toMatchObject({ status: 'pending', eventType: 'webhook.test', attempts: 0 });
    dispatcher().start();
    await until(made.id, { status: 'failed', attempts: 1 });
    expect(await endpoints.get(tenantId, made.id)).toMatchObject({ enabled: true });
  });

  test('are told only to whom they concern', async () => {
    const { endpoint: made } = await endpoints.create({
      tenantId,
      url: receiver.url,
      description: '',
      eventTypes: ['key.created'],
    });
    expect(await happen()).toBeUndefined();
    await endpoints.update(tenantId, made.id, { eventTypes: ['job.succeeded', 'job.failed'] });
    expect(await happen()).toMatch(/^msg_/);
    expect(await happen({}, 'ten_other')).toBeUndefined();
    await expect(endpoints.get('ten_other', made.id)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    await expect(endpoints.update('ten_other', made.id, { enabled: false })).rejects.toMatchObject({
      code: 'RESOURCE_NOT_FOUND',
    });
    await expect(endpoints.delete('ten_other', made.id)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    await expect(endpoints.rotate('ten_other', made.id, 1)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    const { id } = await only(made.id);
    for (const refused of [
      () => deliveries.get('ten_other', made.id, id),
      () => deliveries.redeliver('ten_other', made.id, id),
      () => deliveries.list({ tenantId: 'ten_other', endpointId: made.id, limit: 1 }),
      () => deliveries.test('ten_other', made.id),
    ])
      await expect(refused()).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
    expect(await endpoints.get(tenantId, made.id)).toMatchObject({ enabled: true });
  });

  test('of a transaction that does not hold are never told', async () => {
    const { endpoint: made } = await endpoint();
    const undone = database().transaction(async (executor) => {
      await recordEvent(executor, { tenantId, type: 'key.created', data: key, nowMs: clock.now() });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(await deliveries.list({ tenantId, endpointId: made.id, limit: 1 })).toEqual([]);
  });

  test('are signed with both secrets while one replaces the other', async () => {
    const { endpoint: made, secret: old } = await endpoint();
    const { secret, endpoint: rotated } = await endpoints.rotate(tenantId, made.id, 3_600);
    expect(rotated.oldSecretExpiresAt).toEqual(new Date(clock.now() + 3_600_000));
    const sign = (shown: string, { headers, body }: (typeof receiver.received)[number]) =>
      `v1,${createHmac('sha256', Buffer.from(shown.replace('whsec_', ''), 'base64'))
        .update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`)
        .digest('base64')}`;
    dispatcher().start();
    const heard = async (count: number) => {
      await happen();
      await expect
        .poll(() => {
          if (receiver.received.length < count) clock.advance(1_000);
          return receiver.received.length;
        })
        .toBe(count);
      const last = receiver.received[count - 1];
      if (last === undefined) throw new Error('nothing was received');
      return last;
    };
    const first = await heard(1);
    expect(first.headers['webhook-signature']).toBe(`${sign(secret, first)} ${sign(old, first)}`);
    clock.leap(clock.now() + 3_600_000);
    const second = await heard(2);
    expect(second.headers['webhook-signature']).toBe(sign(secret, second));
  });

  test('can be had in a bounded number, and nothing of a secret lies open in the database', async () => {
    const { secret } = await endpoint();
    await endpoint();
    await endpoint();
    await expect(endpoint()).rejects.toMatchObject({ code: 'CONFLICT' });
    const { rows } = await database().query((executor) => executor.execute(sql`SELECT secret FROM webhook_secrets`));
    const raw = Buffer.from(secret.replace('whsec_', ''), 'base64');
    for (const { secret: sealed } of rows as { secret: Buffer }[])
      expect(Buffer.from(sealed).includes(raw)).toBe(false);
  });

  test('of long ago are forgotten', async () => {
    const { endpoint: made } = await endpoint();
    await happen();
    clock.leap(clock.now() + 29 * 86_400_000);
    await happen();
    const options = { database: database(), clock, retentionDays: 30 };
    expect(await dropOldEvents(options)).toBe(0);
    clock.leap(clock.now() + 86_400_000);
    expect(await dropOldEvents(options)).toBe(1);
    expect((await deliveries.list({ tenantId, endpointId: made.id, limit: 5 })).length).toBe(1);
  });
});
