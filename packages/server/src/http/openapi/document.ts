import type { ApiRoute } from '../api-route.ts';
import {
  headerParameters,
  pageParameters,
  responseHeaders,
  securitySchemes,
  tagDescriptions,
} from './fixed-components.ts';
import { operationOf } from './operation.ts';
import { SchemaComponents, type JsonSchema } from './schema-components.ts';
import { sentEvents, type SentEvent } from './sent-events.ts';

export interface DocumentInfo {
  readonly title: string;
  readonly version: string;
  readonly summary?: string;
  readonly description: string;
  readonly serverUrl: string;
  readonly contact?: { readonly name: string; readonly email?: string; readonly url?: string };
  readonly license: { readonly name: string; readonly url: string };
  readonly documentationUrl: string;
  /** Events that others send here: operations by their names. */
  readonly webhooks?: Readonly<Record<string, JsonSchema>>;
  /** Events that are sent from here. */
  readonly events?: readonly SentEvent[];
}

const versionPolicy = {
  scheme: 'date-based (YYYY-MM-DD)',
  header: 'API-Version',
  deprecationHeader: 'Deprecation (RFC 9745)',
  sunsetHeader: 'Sunset (RFC 8594)',
  noticePeriod: '12 months for breaking changes',
};

/** Only what is referred to: a component that nothing uses says nothing. */
function used(section: string, components: Readonly<Record<string, unknown>>, text: string): JsonSchema {
  return Object.fromEntries(
    Object.entries(components).filter(([name]) => text.includes(`"#/components/${section}/${name}"`)),
  );
}

function infoOf({ title, version, summary, description, contact, license }: DocumentInfo): JsonSchema {
  return {
    ...{ title, version },
    ...(summary === undefined ? {} : { summary }),
    description,
    ...(contact === undefined ? {} : { contact }),
    license,
    'x-api-version-policy': versionPolicy,
  };
}

/** The OpenAPI 3.1 document of all routes that are not hidden. */
export function buildOpenApi(routes: readonly ApiRoute[], info: DocumentInfo): JsonSchema {
  const components = new SchemaComponents();
  const shown = routes.filter(({ hidden }) => hidden !== true);
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of shown) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(components, route);
  const text = JSON.stringify(paths);
  const events = info.events ?? [];
  const tags = new Set([...shown.map((route) => route.tag), ...(events.length === 0 ? [] : ['events'])]);
  const webhooks = { ...info.webhooks, ...sentEvents(components, events) };
  const parameters = {
    ...headerParameters,
    ...Object.fromEntries(Object.values(pageParameters).map(({ component, parameter }) => [component, parameter])),
  };
  const schemes = Object.entries(securitySchemes).filter(([name]) => text.includes(`{"${name}":[]}`));
  return {
    openapi: '3.1.0',
    info: infoOf(info),
    servers: [{ url: info.serverUrl, description: 'This server' }],
    externalDocs: { description: 'The guide', url: info.documentationUrl },
    tags: [...tags].map((name) => ({ name, description: tagDescriptions[name] ?? name })),
    paths,
    ...(Object.keys(webhooks).length === 0 ? {} : { webhooks }),
    components: {
      schemas: components.schemas,
      parameters: used('parameters', parameters, text),
      headers: used('headers', responseHeaders, text),
      securitySchemes: Object.fromEntries(schemes),
    },
  };
}
