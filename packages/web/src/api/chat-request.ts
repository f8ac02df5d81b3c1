import type { ToolCall } from './answer-sum.ts';

/** Of a message: a text, or parts such as pictures. */
export type Content = string | readonly object[];

export type Turn =
  | { readonly role: 'system' | 'user'; readonly content: Content }
  | { readonly role: 'assistant'; readonly content: string | null; readonly tool_calls?: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string };

/** A function that a model may ask for. */
export interface FunctionTool {
  readonly type: 'function';
  readonly function: { readonly name: string; readonly description?: string; readonly parameters?: object };
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly Turn[];
  readonly temperature?: number;
  readonly max_tokens?: number;
  readonly response_format?: { readonly type: 'json_object' };
  readonly tools?: readonly FunctionTool[];
}
