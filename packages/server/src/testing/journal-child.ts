import { systemClock } from '../clock.ts';
import { openServerDatabase } from '../postgres/database.ts';
import { createUsageMeter } from '../usage/meter.ts';
import { usageEvent, usageOpen } from './usage-events.ts';

/**
 * A process to be killed: meters requests as fast as it can and tells of each, on stdout, only after it was journalled.
 * Its database does not exist, so that all it says is in the journal only.
 */
const folder = process.argv[2] ?? '';
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const metering = createUsageMeter({
  folder,
  database: openServerDatabase('postgres://nobody@127.0.0.1:1/none'),
  clock: systemClock,
  logger: quiet,
});
await metering.start();
for (;;) {
  for (let index = 0; index < 20; index += 1) {
    const open = usageOpen();
    metering.meter.open(open);
    if (index % 4 === 0) {
      metering.meter.progress(open.id, 3);
      continue;
    }
    metering.meter.close(usageEvent(open));
    process.stdout.write(`${open.id}\n`);
  }
  await new Promise((resolve) => setImmediate(resolve));
}
