import { pino } from 'pino';
import type { Config } from './config/schema.ts';
import type { Logger } from './logger.ts';

/** Lines are written together: one system call for many. */
const bufferBytes = 8_192;
const flushEveryMs = 500;

/** JSON lines on stdout. What is buffered is written twice a second, and at every exit that is not a kill. */
export function openLogger(level: Config['logLevel']): Logger {
  const destination = pino.destination({ dest: 1, sync: true, minLength: bufferBytes, periodicFlush: flushEveryMs });
  process.on('exit', () => {
    destination.flushSync();
  });
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters }, destination);
}
