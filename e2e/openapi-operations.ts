import { propertiesOf, sampleOf, type JsonSchema } from './sample-schema.ts';
import type { Turnpike } from './turnpike-process.ts';

/** Whom an operation is for. */
type Security = 'session' | 'key' | 'optional' | 'admin' | 'public';

/** One operation of the served OpenAPI document. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly security: Security;
  readonly requiredAction: string | undefined;
  readonly pathParameters: readonly string[];
  readonly queryParameters: readonly string[];
  /** Names of the members that its body may have. */
  readonly bodyMembers: readonly string[];
  readonly takesForm: boolean;
  /** The smallest body that it takes, for forms a FormData with a file; undefined: none. */
  sampleBody(): unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly $ref?: string;
}
interface DocumentedOperation {
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly 'x-required-action'?: string;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
  };
}

function securityOf(ways: DocumentedOperation['security']): Security {
  const names = new Set(ways.flatMap((way) => Object.keys(way)));
  const isOpen = ways.some((way) => Object.keys(way).length === 0);
  if (names.has('bearerAuth')) return isOpen ? 'optional' : 'key';
  if (names.has('adminToken')) return 'admin';
  return names.has('sessionCookie') ? 'session' : 'public';
}

function sampleForm(): FormData {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob(['{}']), 'sample.jsonl');
  return form;
}

function operationOf(path: string, method: string, given: DocumentedOperation, document: Document): Operation {
  const { schemas, parameters: shared } = document.components;
  const parameters = (given.parameters ?? []).map((each) => shared[each.$ref?.split('/').at(-1) ?? ''] ?? each);
  const namesIn = (place: string) => parameters.filter((each) => each.in === place).map(({ name }) => name);
  const [type, content] = Object.entries(given.requestBody?.content ?? {})[0] ?? [];
  const takesForm = type === 'multipart/form-data';
  const sample = (schema: JsonSchema): unknown => (takesForm ? sampleForm() : sampleOf(schema, schemas));
  return {
    id: given.operationId,
    method: method.toUpperCase(),
    path,
    security: securityOf(given.security),
    requiredAction: given['x-required-action'],
    pathParameters: namesIn('path'),
    queryParameters: namesIn('query'),
    bodyMembers: content === undefined ? [] : Object.keys(propertiesOf(content.schema, schemas)),
    takesForm,
    sampleBody: () => (content === undefined ? undefined : sample(content.schema)),
  };
}

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** Every operation that the server says it has. */
export async function readOperations(turnpike: Turnpike): Promise<readonly Operation[]> {
  const document = (await (await fetch(`${turnpike.url}/openapi.json`)).json()) as Document;
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([method]) => methods.includes(method))
      .map(([method, given]) => operationOf(path, method, given, document)),
  );
}

/** A path with its parameters filled in. */
export function filledPath(path: string, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? 'missing'));
}
