import { join } from 'node:path';
import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './logger.ts';
import { createMailer } from './mail/mailer.ts';
import type { Database } from './postgres/database.ts';
import type { Contracts } from './versions/contract.ts';
import { createNotifier, type Notifier } from './versions/notifier.ts';

interface Options {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly database: Database;
  readonly contracts: Contracts;
}

/** The clock of deprecations: mails go out by SMTP, or into the outbox of the data folder. */
export function openNotifier({ config, clock, logger, database, contracts }: Options): {
  readonly notifier: Notifier;
  readonly close: () => Promise<void>;
} {
  const { brand } = config.settings;
  const domain = new URL(config.publicUrl).hostname;
  const mailer = createMailer({
    smtpUrl: config.smtpUrl,
    from: brand.mail_from ?? `no-reply@${domain}`,
    domain,
    outbox: join(config.dataDir, 'outbox'),
    logger,
  });
  const notifier = createNotifier({
    database,
    contracts,
    clock,
    logger,
    send: mailer.send,
    brandName: brand.name,
  });
  return {
    notifier,
    close: async () => {
      await notifier.close();
      mailer.close();
    },
  };
}
