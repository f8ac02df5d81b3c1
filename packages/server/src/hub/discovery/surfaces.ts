/** A way into this server. One declaration feeds every document that lists them. */
export interface Surface {
  readonly id: string;
  readonly title: string;
  /** At most 100 characters. */
  readonly description: string;
  readonly protocol: 'openai' | 'anthropic' | 'spycore' | 'nlweb' | 'mcp' | 'rest' | 'a page';
  readonly path: string;
  readonly methods: readonly string[];
  /** `optional`: public, and with a key under its own limits. */
  readonly auth: 'none' | 'optional' | 'key';
  /** Path of the page about it. */
  readonly documentation: string;
  /** Media type that catalogues of resources name it by. */
  readonly mediaType: string;
  /** What somebody would ask who needs it. */
  readonly queries: readonly string[];
}

const json = 'application/json';

/** The most important first; `{brand}` stands for the brand's name. */
const declared: readonly Surface[] = [
  {
    id: 'openai',
    title: 'OpenAI-compatible API',
    description: 'Chat, Responses, embeddings, files, batches and models, as OpenAI’s clients speak it',
    protocol: 'openai',
    path: '/v1',
    methods: ['GET', 'POST', 'DELETE'],
    auth: 'key',
    documentation: '/developers/quickstart',
    mediaType: 'application/vnd.oai.openapi+json',
    queries: ['Call a language model with the OpenAI SDK', 'Compute embeddings of texts'],
  },
  {
    id: 'anthropic',
    title: 'Messages API',
    description: 'Messages with tools and streaming, as Anthropic’s clients speak it',
    protocol: 'anthropic',
    path: '/v1/messages',
    methods: ['POST'],
    auth: 'key',
    documentation: '/developers/clients',
    mediaType: json,
    queries: ['Use the Anthropic SDK with this API'],
  },
  {
    id: 'spycore',
    title: 'SpyCore chat',
    description: 'Chat, streamed chat and usage in SpyCore’s own form',
    protocol: 'spycore',
    path: '/v1/chat',
    methods: ['POST'],
    auth: 'key',
    documentation: '/developers/clients',
    mediaType: json,
    queries: ['Send a SpyCore chat request'],
  },
  {
    id: 'mcp',
    title: 'MCP server',
    description: 'Tools, resources, prompts and skills of {brand}',
    protocol: 'mcp',
    path: '/mcp',
    methods: ['POST', 'GET', 'DELETE'],
    auth: 'optional',
    documentation: '/developers/mcp',
    mediaType: 'application/mcp-server-card+json',
    queries: ['Connect an agent to {brand}', 'Which plans and prices are there?'],
  },
  {
    id: 'mcp-docs',
    title: 'MCP server for the documentation',
    description: 'Three tools that search and read the documentation',
    protocol: 'mcp',
    path: '/mcp/docs',
    methods: ['POST', 'GET', 'DELETE'],
    auth: 'optional',
    documentation: '/developers/mcp',
    mediaType: 'application/mcp-server-card+json',
    queries: ['Search the documentation of {brand}'],
  },
  {
    id: 'ask',
    title: 'Ask (NLWeb)',
    description: 'Questions in natural language, answered with citations, streamed on wish',
    protocol: 'nlweb',
    path: '/ask',
    methods: ['GET', 'POST'],
    auth: 'none',
    documentation: '/developers/nlweb',
    mediaType: json,
    queries: ['Ask a question about {brand}'],
  },
  {
    id: 'tools',
    title: 'Tools',
    description: 'Functions for models, in the forms of OpenAI, Anthropic, Mistral and Gemini',
    protocol: 'rest',
    path: '/api/tools.php',
    methods: ['GET'],
    auth: 'optional',
    documentation: '/developers/tools',
    mediaType: json,
    queries: ['Give a model tools for weather, prices and questions'],
  },
  {
    id: 'jobs',
    title: 'Jobs',
    description: 'Work that takes a while: ordered, followed in events, cancelled',
    protocol: 'rest',
    path: '/api/jobs.php',
    methods: ['GET', 'POST'],
    auth: 'optional',
    documentation: '/developers/jobs',
    mediaType: json,
    queries: ['Run a long question in the background'],
  },
  {
    id: 'public-chat',
    title: 'Public chat',
    description: 'A conversation about this platform, with a token bound to the caller',
    protocol: 'rest',
    path: '/api/chat-completion.php',
    methods: ['GET', 'POST'],
    auth: 'none',
    documentation: '/developers/authentication',
    mediaType: json,
    queries: ['Chat on the website without an account'],
  },
  {
    id: 'oauth',
    title: 'Authorization server',
    description: 'OAuth 2.1 for applications that act for people: code with PKCE, refresh, revocation',
    protocol: 'rest',
    path: '/.well-known/oauth-authorization-server',
    methods: ['GET'],
    auth: 'none',
    documentation: '/developers/authentication',
    mediaType: json,
    queries: ['Sign in to {brand} for a person', 'Get an access token for the MCP server'],
  },
  {
    id: 'capabilities',
    title: 'Capabilities',
    description: 'One index of all surfaces, models, tools and limits',
    protocol: 'rest',
    path: '/api/capabilities.php',
    methods: ['GET'],
    auth: 'none',
    documentation: '/developers/agents',
    mediaType: json,
    queries: ['What can this server do?'],
  },
  {
    id: 'health',
    title: 'Health',
    description: 'Whether the service works, part by part',
    protocol: 'rest',
    path: '/api/status.php',
    methods: ['GET'],
    auth: 'none',
    documentation: '/developers/status',
    mediaType: 'application/health+json',
    queries: ['Is the service up?'],
  },
  {
    id: 'openapi',
    title: 'OpenAPI',
    description: 'The whole API as an OpenAPI 3.1 document, per version',
    protocol: 'rest',
    path: '/openapi.json',
    methods: ['GET'],
    auth: 'none',
    documentation: '/developers/reference',
    mediaType: 'application/vnd.oai.openapi+json',
    queries: ['Generate a client for this API'],
  },
];

/** All surfaces, in the brand's name. */
export function surfacesOf(brandName: string): readonly Surface[] {
  const named = (text: string) => text.replaceAll('{brand}', brandName);
  return declared.map((surface) => ({
    ...surface,
    description: named(surface.description).slice(0, 100),
    queries: surface.queries.map(named),
  }));
}
