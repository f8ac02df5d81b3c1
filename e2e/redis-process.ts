import { spawnSync } from 'node:child_process';
import { createConnection } from 'node:net';
import { freePort, launch, temporaryFolder } from './turnpike-process.ts';

/** A Redis server of the test's own, which it may stop. */
export interface RedisProcess {
  readonly url: string;
  /** Stops it; its data is gone. */
  stop(): Promise<void>;
  /** On the same port again. */
  start(): Promise<void>;
  /** Leaves its connections open but answers nothing, until `resume`. */
  suspend(): void;
  resume(): void;
}

export const hasRedisServer = spawnSync('redis-server', ['--version']).status === 0;

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => {
        resolve(false);
      });
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Starts one on a free port; `cleanUp` of turnpike-process.ts ends what is left. */
export async function startRedis(): Promise<RedisProcess> {
  const port = await freePort();
  const folder = await temporaryFolder();
  const run = () =>
    launch(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
      {},
    );
  let running = run();
  await untilListening(port);
  return {
    url: `redis://127.0.0.1:${String(port)}`,
    stop: async () => {
      running.child.kill('SIGKILL');
      await running.exited;
    },
    start: async () => {
      running = run();
      await untilListening(port);
    },
    suspend: () => {
      running.child.kill('SIGSTOP');
    },
    resume: () => {
      running.child.kill('SIGCONT');
    },
  };
}
