import { errorAdvice } from '@turnpike/contract/error-advice';
import type { Catalogues } from '../catalogues/catalogues.ts';
import type { AnswerSources } from '../knowledge/answer-plan.ts';
import type { McpDocument, McpOptions, McpPage } from '../mcp/mcp-options.ts';
import type { PageInfo } from './pages/page.ts';

export interface McpSourcesOptions {
  readonly publicUrl: string;
  readonly listPages: () => Promise<readonly PageInfo[]>;
  readonly catalogues: Catalogues;
  readonly answers: AnswerSources;
  readonly urlOf: (source: string) => string | undefined;
  /** The OpenAPI document as it is served. */
  readonly openApi: () => object;
}

const underDevelopers = /^\/developers\/([a-z0-9-]+)$/;

/** Pages of the guide, by the name in their address. */
async function guidePages({ publicUrl, listPages }: McpSourcesOptions): Promise<McpPage[]> {
  return (await listPages()).flatMap((page) => {
    const name = underDevelopers.exec(page.path)?.[1];
    if (name === undefined) return [];
    const { title, description } = page;
    return [{ name, title, description, url: `${publicUrl}${page.path}.md`, markdown: () => page.markdown() }];
  });
}

function documentsOf({ publicUrl, catalogues, openApi }: McpSourcesOptions): McpDocument[] {
  const json = (path: string, name: string, title: string, description: string, value: () => unknown): McpDocument => ({
    ...{ name, title, description, uri: `${publicUrl}${path}`, mimeType: 'application/json' },
    read: () => JSON.stringify(value()),
  });
  const { consulting, training, hardware, site } = catalogues;
  return [
    json('/openapi.json', 'openapi', 'OpenAPI', 'The whole API as an OpenAPI 3.1 document', openApi),
    json('/api/consulting.json', 'consulting', 'Consulting', 'Consulting packages and their prices', () => ({
      packages: consulting,
    })),
    json('/api/training.json', 'training', 'Trainings', 'Trainings and their prices', () => ({ trainings: training })),
    json('/api/hardware.json', 'hardware', 'Hardware', 'Hardware boxes and their prices', () => ({ boxes: hardware })),
    json('/api/site-meta.json', 'site-meta', 'Site', 'What agents should know of this site', () => site),
  ];
}

/** What the MCP servers show of the hub. */
export function mcpSources(
  options: McpSourcesOptions,
): Pick<McpOptions, 'pages' | 'documents' | 'searchPages' | 'errorCodes'> {
  const { answers, urlOf } = options;
  return {
    pages: () => guidePages(options),
    documents: documentsOf(options),
    errorCodes: errorAdvice,
    searchPages: async (query) =>
      (await answers.searchPassages(query)).flatMap(({ source, anchor, title, body }) => {
        const url = urlOf(anchor === '' ? source : `${source}#${anchor}`);
        return url === undefined ? [] : [{ title, url, text: body }];
      }),
  };
}
