import type { Basis } from './composition-basis.ts';
import { repeat } from './jobs/repeat.ts';
import type { Mailer } from './mail/mailer.ts';
import { dropOldTenantMails, sendTenantMails } from './mail/tenant-mails.ts';
import { createAddressGuard, createNetworkGuard } from './outbound/address-guard.ts';
import { createCipher } from './secrets/cipher.ts';
import { DeliveryStore } from './webhooks/delivery-store.ts';
import { Dispatcher } from './webhooks/dispatcher.ts';
import { checkEndpointUrl } from './webhooks/endpoint-url.ts';
import { EndpointStore } from './webhooks/endpoint-store.ts';
import { OutgoingStore } from './webhooks/outgoing-store.ts';
import { createDeliverySender } from './webhooks/send-delivery.ts';
import { dropOldEvents } from './webhooks/webhook-retention.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

const mailEveryMs = 5_000;
const tidyEveryMs = 3_600_000;
/** Beyond the time that a sending may take: until its end is written down. */
const leaseSlackMs = 10_000;

/** Webhooks, and the mails to those who lead an organisation. */
export function openWebhooks(
  { config, clock, logger, database }: Omit<Basis, 'closers'>,
  send: Mailer['send'],
): { readonly webhooks: Webhooks; readonly start: () => void; readonly close: () => Promise<void> } {
  const { settings, masterKey, publicUrl } = config;
  const { webhooks: section, brand } = settings;
  const addresses = {
    mayAsk: createAddressGuard(section.allowed_networks),
    isAllowed: createNetworkGuard(section.allowed_networks),
  };
  const cipher = createCipher(masterKey, 'webhooks');
  const common = { database, clock, cipher };
  const store = new OutgoingStore({
    ...{ ...common, publicUrl, brandName: brand.name },
    leaseMs: section.timeout_ms + leaseSlackMs,
  });
  const sender = createDeliverySender({ clock, addresses, timeoutMs: section.timeout_ms });
  const { concurrency, retention_days: retentionDays } = section;
  const dispatcher = new Dispatcher({ store, sender, clock, logger, concurrency, random: Math.random });
  const mails = { database, clock, logger, send };
  const endMails = repeat({ clock, logger, what: 'mails to organisations', everyMs: mailEveryMs }, () =>
    sendTenantMails(mails),
  );
  const endTidying = repeat({ clock, logger, what: 'tidying webhooks', everyMs: tidyEveryMs }, async () => {
    await dropOldEvents({ database, clock, retentionDays });
    await dropOldTenantMails(mails);
  });
  return {
    webhooks: {
      endpoints: new EndpointStore({ ...common, maxEndpoints: section.max_endpoints }),
      deliveries: new DeliveryStore(common),
      checkUrl: (url) => checkEndpointUrl(url, addresses),
    },
    start: () => {
      dispatcher.start();
    },
    close: async () => {
      await Promise.all([dispatcher.close(), endMails(), endTidying()]);
      await sender.close();
    },
  };
}
