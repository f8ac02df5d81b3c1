import { eventDescriptions } from '@turnpike/contract/account-webhooks';
import { eventEnvelope, eventTypes } from '@turnpike/contract/webhook-events';
import { renderChangelog, renderVersioning } from './hub/version-pages.ts';
import { consolePath } from './console/console-routes.ts';
import { type ApiRoute } from './http/api-route.ts';
import type { DocumentInfo } from './http/openapi/document.ts';
import { createPages, type Pages } from './hub/pages/pages.ts';
import { surfacesOf } from './hub/discovery/surfaces.ts';
import type { Services } from './services.ts';

function contactOf(name: string, email: string | undefined, url: string) {
  return { name, url, ...(email === undefined ? {} : { email }) };
}

/** What the OpenAPI document says of the API as a whole. */
export function apiInfo({ config, catalogues }: Services): Omit<DocumentInfo, 'version'> {
  const { settings, publicUrl } = config;
  const { name, description } = settings.brand;
  const { company } = catalogues;
  return {
    title: `${name} API`,
    summary: catalogues.site.tagline ?? description,
    description: `${description}.\n\nVersions: ${publicUrl}/developers/api-versioning.md. Errors: ${publicUrl}/developers/errors.md.`,
    serverUrl: publicUrl,
    documentationUrl: `${publicUrl}/developers/quickstart.md`,
    license: { name: 'Proprietary', url: company?.website ?? publicUrl },
    webhooks: {
      stripeCheckoutCompleted: {
        post: {
          summary: 'A checkout of Stripe was completed',
          operationId: 'stripeCheckoutCompleted',
          tags: ['webhooks'],
          security: [{}],
          description: 'Sent by Stripe to /webhook/stripe-log.php, signed by the header Stripe-Signature.',
          requestBody: {
            required: true,
            content: { 'application/json': { schema: { $ref: '#/components/schemas/StripeEvent' } } },
          },
          responses: {
            200: { description: 'The event was taken' },
            400: { description: 'The signature is wrong' },
          },
        },
      },
    },
    events: eventTypes.map((type) => ({
      type,
      description: type === 'webhook.test' ? 'A test that somebody asked for' : eventDescriptions[type],
      schema: eventEnvelope(type),
    })),
    ...(company === undefined ? {} : { contact: contactOf(company.name, company.email, company.website ?? publicUrl) }),
  };
}

/** The pages of the site. @param operations what the API reference lists */
export function pagesOf(services: Services, operations: () => readonly ApiRoute[]): Pages {
  const { config, clock, gateway, catalogues, tools, faq, documentsFolders, presetFolder, health } = services;
  const { brand, plans, models } = config.settings;
  const { registry } = gateway.contracts;
  const now = () => clock.now();
  return createPages({
    brand,
    publicUrl: config.publicUrl,
    documentsFolders,
    presetFolder,
    consolePath,
    generated: [
      {
        name: 'changelog',
        markdown: () => renderChangelog(registry),
        updatedAt: () => new Date(registry.latest.declaration.version),
      },
      { name: 'api-versioning', markdown: () => renderVersioning(registry, now()), updatedAt: () => new Date(now()) },
    ],
    offers: { plans, models, catalogues },
    faq,
    health,
    operations: () => operations().filter(({ hidden }) => hidden !== true),
    // Links lead to what can be read; where the surface itself is stands beside it.
    surfaces: surfacesOf(brand.name).map(({ title, description, path, documentation }) => ({
      ...{ title, path: documentation },
      description: `${description} (\`${path}\`)`,
    })),
    tools: tools.tools.filter(({ scopes, isReadOnly }) => scopes.length === 0 && isReadOnly),
    now,
  });
}
