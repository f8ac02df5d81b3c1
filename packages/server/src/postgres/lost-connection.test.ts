import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { requireServer } from '../testing/require-server.ts';
import { openServerDatabase } from './database.ts';

const serverUrl = requireServer('TEST_DATABASE_URL', 'PostgreSQL');

test.skipIf(serverUrl === undefined)(
  'a connection lost inside a transaction is an outage told to the caller, and the next one works (set TEST_DATABASE_URL to run)',
  async () => {
    const target = new URL(serverUrl ?? '');
    const sockets = new Set<Socket>();
    const proxy = createServer((socket) => {
      const peer = connect(Number(target.port === '' ? 5432 : target.port), target.hostname);
      for (const one of [socket, peer]) {
        sockets.add(one);
        one.on('error', () => undefined);
      }
      socket.pipe(peer).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const address = proxy.address();
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = String(typeof address === 'object' && address !== null ? address.port : 0);
    const database = openServerDatabase(url.toString());
    const failed = database.transaction(async (executor) => {
      await executor.execute(sql`SELECT 1`);
      for (const socket of sockets) socket.destroy();
      // The connection breaks while no statement runs: nobody but the client itself is told.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await executor.execute(sql`SELECT 1`);
    });
    await expect(failed).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    const { rows } = await database.query((executor) => executor.execute(sql`SELECT 2 AS two`));
    expect(rows).toEqual([{ two: 2 }]);
    await database.close();
    proxy.close();
  },
);
