import type { Principal, Scope } from '../keys/key.ts';
import type { JsonObject } from '../providers/provider.ts';

/** JSON Schema 2020-12 of an object. */
export type ObjectSchema = JsonObject & { readonly type: 'object' };

/** Who calls a tool and how. */
export interface ToolContext {
  /** undefined: a public caller without a key. */
  readonly principal: Principal | undefined;
  /** Aborted when the caller has gone or the time is over. */
  readonly signal: AbortSignal;
}

/** Something a model or an agent can have done here. One declaration feeds the REST routes, MCP and all dialects. */
export interface Tool {
  /** `^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$`, which fits every vendor. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** For models: what it does and when to use it. */
  readonly description: string;
  readonly input: ObjectSchema;
  readonly output: ObjectSchema;
  /** Scopes that a caller needs; none: public. */
  readonly scopes: readonly Scope[];
  /** Changes nothing. */
  readonly isReadOnly: boolean;
  /** Asks servers outside this platform. */
  readonly isOpenWorld: boolean;
  /** @param args valid by `input` @returns valid by `output` @throws AppError */
  readonly handle: (args: JsonObject, context: ToolContext) => Promise<JsonObject>;
}

/** All tools there are, with the checks that every caller passes. */
export interface ToolRegistry {
  readonly tools: readonly Tool[];
  find(name: string): Tool | undefined;
  /** Checks arguments as `call` does, without running the tool. @throws AppError TOOL_UNKNOWN, TOOL_ARGUMENTS_INVALID */
  check(name: string, args: unknown): JsonObject;
  /**
   * Runs a tool: arguments checked against its schema, time and size of the result bounded.
   * @throws AppError TOOL_UNKNOWN, TOOL_ARGUMENTS_INVALID (`param` names the argument), INSUFFICIENT_SCOPE, TOOL_TIMEOUT,
   *   TOOL_FAILED, and what the tool throws
   */
  call(name: string, args: unknown, context: ToolContext): Promise<JsonObject>;
}
