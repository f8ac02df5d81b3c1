import { readFileSync } from 'node:fs';
import { systemClock } from './clock.ts';
import { compose, type Composition } from './compose.ts';
import { ConfigError } from './config/config-error.ts';
import { discoverUpstreams } from './config/discover-upstreams.ts';
import { withListeningPort } from './config/load.ts';
import { loadConfigFromProcess } from './config/process-environment.ts';
import type { Config } from './config/schema.ts';
import { errorCode, errorMessage } from './errors.ts';
import { firstRun } from './first-run.ts';
import type { Logger } from './logger.ts';
import { openLogger } from './open-logger.ts';
import { printStart } from './print-start.ts';
import { StartError } from './start-error.ts';

const version = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string })
  .version;

function listenError(error: unknown, config: Config): StartError {
  const code = errorCode(error);
  const where = `${config.host}:${config.port}`;
  if (code === 'EADDRINUSE')
    return new StartError(`PORT: ${where} is already in use. Stop the other program or set PORT to a free port.`);
  if (code === 'EACCES')
    return new StartError(`PORT: this user may not listen on ${where}. Set PORT to 1024 or above.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartError(`HOST: ${config.host} is not an address of this machine.`);
  return new StartError(`the server cannot listen on ${where}: ${errorMessage(error)}`, { cause: error });
}

/** Runs until the streams that are open have finished, or for `drainMs`; then closes everything. */
async function shutDown(composition: Composition, logger: Logger, drainMs: number): Promise<void> {
  const { app, services } = composition;
  composition.drain();
  // Recorded streams go on without a reader, who finds them whole later.
  const running = () => services.activity.count + services.gateway.streams.recordingCount;
  logger.info({ requests: running() }, 'shutting down: running requests may finish');
  const until = services.clock.now() + drainMs;
  while (running() > 0 && services.clock.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  if (running() > 0) logger.warn({ requests: running() }, 'cut off what had not finished in time');
  app.server.closeAllConnections();
  await composition.close();
  logger.info({}, 'closed');
}

async function main(): Promise<void> {
  const startedAtMs = performance.now();
  const { config: configured, env } = await loadConfigFromProcess();
  const logger = openLogger(configured.logLevel);
  const discovered = discoverUpstreams({ env, fetch, settings: configured.settings });
  const composition = await compose({ config: configured, discovered, clock: systemClock, logger, version });
  try {
    await composition.app.listen({ host: configured.host, port: configured.port });
  } catch (error) {
    await composition.close();
    throw listenError(error, configured);
  }
  const address = composition.app.server.address();
  const config = withListeningPort(
    composition.services.config,
    typeof address === 'object' && address !== null ? address.port : configured.port,
  );
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    shutDown(composition, logger, config.settings.shutdown.drain_ms).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ reason: errorMessage(error) }, 'did not close cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  const first = await firstRun(composition.services);
  printStart({
    config,
    ...(await discovered),
    first,
    elapsedMs: Math.round(performance.now() - startedAtMs),
    write: (text) => process.stderr.write(text),
  });
  composition.startBackground().catch((error: unknown) => {
    logger.error({ reason: errorMessage(error) }, 'the documentation could not be indexed');
  });
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || error instanceof StartError;
  process.stderr.write(
    known
      ? `turnpike: ${error.message}\n`
      : `turnpike: unexpected failure at start\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
