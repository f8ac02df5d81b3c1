import type { Clock } from '../clock.ts';
import type { AsyncJob } from '../jobs/async-job.ts';
import type { Principal } from '../keys/key.ts';
import type { Logger } from '../logger.ts';
import type { JsonObject } from '../providers/provider.ts';
import type { ToolRegistry } from '../tools/tool.ts';

/** A page of the documentation. */
export interface McpPage {
  /** As in its address: `quickstart`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Of its Markdown. */
  readonly url: string;
  readonly markdown: () => Promise<string>;
}

/** A document that is not a page: a catalogue, the OpenAPI document. */
export interface McpDocument {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  readonly read: () => Promise<string> | string;
}

export interface McpSkill {
  readonly name: string;
  /** Its SKILL.md. */
  readonly content: string;
}

/** Who calls. */
export interface McpCaller {
  /** undefined: without a key. */
  readonly principal: Principal | undefined;
  readonly address: string;
}

export interface McpJobs {
  submit(caller: McpCaller, order: { readonly type: 'ask'; readonly input: JsonObject }): Promise<AsyncJob>;
  get(caller: McpCaller, id: string): Promise<AsyncJob>;
  cancel(caller: McpCaller, id: string): Promise<AsyncJob>;
}

/** What the MCP servers are made of. */
export interface McpOptions {
  readonly tools: ToolRegistry;
  readonly pages: () => Promise<readonly McpPage[]>;
  readonly searchPages: (query: string) => Promise<readonly { title: string; url: string; text: string }[]>;
  readonly documents: readonly McpDocument[];
  readonly skills: readonly McpSkill[];
  readonly plans: readonly string[];
  readonly errorCodes: Readonly<Record<string, string>>;
  readonly jobs: McpJobs;
  readonly brand: { readonly name: string; readonly description: string };
  /** Origin of this server. */
  readonly publicUrl: string;
  /** Other web origins whose pages may call. */
  readonly allowedOrigins: readonly string[];
  /** @param path of the server that is called @throws AppError INVALID_API_KEY, EXPIRED_API_KEY, INVALID_TOKEN, EXPIRED_TOKEN */
  readonly authenticate: (secret: string, path: string) => Promise<Principal>;
  /** Counts a request. @returns headers that tell where the limits stand @throws AppError RATE_LIMIT_EXCEEDED */
  readonly admit: (caller: McpCaller) => Promise<Readonly<Record<string, string>>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
}

/** Protocol revisions that are spoken, the newest first. */
export const protocolVersions = ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26'] as const;
/** On every answer, as S2 has it; versions are negotiated by MCP-Protocol-Version. */
export const mcpVersionHeader = { 'MCP-Version': '2025-06-18' } as const;
