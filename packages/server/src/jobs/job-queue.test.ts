import { expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { createRecordingLogger } from '../testing/recording-logger.ts';
import { describeEachDatabase } from '../testing/test-database.ts';
import { createJobQueue } from './job-queue.ts';

describeEachDatabase('the job queue', (database) => {
  const open = () => createJobQueue({ database: database(), clock: systemClock, logger: createRecordingLogger() });

  test('carries jobs out, tries failed ones again, and puts running ones down at its close', async () => {
    const queue = open();
    const seen: string[] = [];
    let put = '';
    queue.define<{ what: string }>('first', { concurrency: 2 }, ({ what }) => {
      seen.push(what);
      return seen.length === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve();
    });
    queue.define<{ id: number }>(
      'long',
      { concurrency: 1 },
      (_data, signal) =>
        new Promise((_resolve, reject) => {
          put = 'running';
          signal.addEventListener('abort', () => {
            put = 'put down';
            reject(new Error('stopped'));
          });
        }),
    );
    await queue.start();
    await queue.send('first', { what: 'a' });
    await expect.poll(() => seen, { timeout: 15_000 }).toEqual(['a', 'a']);
    await queue.send('long', { id: 1 });
    await expect.poll(() => put, { timeout: 15_000 }).toBe('running');
    await queue.close();
    expect(put).toBe('put down');
  }, 60_000);
});
