import { stringify } from 'yaml';
import { z } from 'zod';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import { buildOpenApi, type DocumentInfo } from '../http/openapi/document.ts';
import type { Version, VersionRegistry } from '../versions/version-registry.ts';

export interface OpenApiRoutesOptions {
  readonly registry: VersionRegistry;
  readonly info: Omit<DocumentInfo, 'version'>;
  /** All routes, these among them once they are added. */
  readonly routes: readonly ApiRoute[];
}

/** The document of each version, made when it is first asked for. */
export function createOpenApi({ registry, info, routes }: OpenApiRoutesOptions): (version: Version) => object {
  const documents = new Map<string, object>();
  return (version) => {
    const known = documents.get(version.name);
    if (known !== undefined) return known;
    const served = routes.filter((route) => !registry.translation(version, route.path).isMissing);
    const fresh = buildOpenApi(served, { ...info, version: version.name });
    documents.set(version.name, fresh);
    return fresh;
  };
}

/** Describes the routes as the version of the request has them. */
export function openApiRoutes(documentOf: (version: Version) => object): ApiRoute[] {
  const common = { method: 'GET', tag: 'documentation', security: 'none', cacheSeconds: 300 } as const;
  return [
    jsonRoute({
      ...common,
      path: '/openapi.json',
      operationId: 'getOpenApi',
      summary: 'This API as an OpenAPI 3.1 document, of the version the request speaks',
      responses: { 200: { description: 'The document', schema: z.looseObject({ openapi: z.string() }) } },
      handle: ({ contract }) => ({ status: 200, body: documentOf(contract.version) }),
    }),
    jsonRoute({
      ...common,
      path: '/openapi.yaml',
      operationId: 'getOpenApiYaml',
      summary: 'This API as an OpenAPI 3.1 document in YAML',
      responses: { 200: { description: 'The document', schema: z.string(), contentType: 'application/yaml' } },
      handle: ({ contract }) => ({
        status: 200,
        body: stringify(documentOf(contract.version), { aliasDuplicateObjects: false }),
        headers: { 'content-type': 'application/yaml; charset=utf-8' },
      }),
    }),
  ];
}
