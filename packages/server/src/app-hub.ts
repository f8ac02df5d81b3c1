import { type ApiRoute } from './http/api-route.ts';
import { catalogueRoutes } from './hub/catalogue-routes.ts';
import { publicChatRoutes } from './gateway/surfaces/public-chat/public-chat-route.ts';
import { documentUrl } from './hub/document-url.ts';
import { askRoutes } from './gateway/surfaces/ask/ask-route.ts';
import { toolRoutes } from './gateway/surfaces/tools/tool-routes.ts';
import { jobRoutes } from './gateway/surfaces/jobs/job-routes.ts';
import { stripeWebhookRoute } from './hub/stripe-webhook.ts';
import type { Services } from './services.ts';

/** What the hub answers to people and agents without a key. */
export function hubRoutes({
  config,
  gateway,
  answers,
  sessionTokens,
  catalogues,
  tools,
  asyncJobs,
}: Services): ApiRoute[] {
  const { settings, publicUrl: site } = config;
  const { hub } = settings;
  const common = {
    ...{ gateway, answers, site },
    answerModel: hub.answer_model,
    urlOf: (source: string) => documentUrl(site, source),
  };
  return [
    ...catalogueRoutes(catalogues, site),
    ...toolRoutes({ gateway, tools, site, callsPerHour: settings.tools.calls_per_hour }),
    ...jobRoutes({ gateway, jobs: asyncJobs, jobsPerHour: hub.jobs_per_hour, site }),
    ...askRoutes({ ...common, asksPerHour: hub.asks_per_hour }),
    ...publicChatRoutes({
      ...common,
      tokens: sessionTokens,
      allowedOrigins: hub.allowed_origins,
      chatsPerHour: hub.chats_per_hour,
    }),
  ];
}

export function stripeWebhookOf({ config, clock, logger, purchases, billing, gateway }: Services): ApiRoute {
  return stripeWebhookRoute({
    ...{ clock, logger, purchases },
    secrets: config.stripeWebhookSecrets,
    livemode: undefined,
    onTaken: () => {
      billing.onEvent();
    },
    onTenantChanged: (tenantId) => {
      gateway.authenticator.forget(tenantId);
    },
  });
}
