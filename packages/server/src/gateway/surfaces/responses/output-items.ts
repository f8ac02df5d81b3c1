/** Items of a response's output, as OpenAI's Responses API has them. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export interface OutputTextPart {
  readonly type: 'output_text';
  readonly text: string;
  readonly annotations: readonly unknown[];
  readonly logprobs: readonly unknown[];
}

export interface RefusalPart {
  readonly type: 'refusal';
  readonly refusal: string;
}

export interface ReasoningTextPart {
  readonly type: 'reasoning_text';
  readonly text: string;
}

export type MessagePart = OutputTextPart | RefusalPart;

export interface MessageItem {
  readonly id: string;
  readonly type: 'message';
  readonly status: ItemStatus;
  readonly role: 'assistant';
  readonly content: readonly MessagePart[];
}

export interface FunctionCallItem {
  readonly id: string;
  readonly type: 'function_call';
  readonly status: ItemStatus;
  readonly call_id: string;
  readonly name: string;
  readonly arguments: string;
}

export interface ReasoningItem {
  readonly id: string;
  readonly type: 'reasoning';
  readonly status: ItemStatus;
  /** Nobody summarises here: what the model thought is in `content`, as it came. */
  readonly summary: readonly [];
  readonly content: readonly ReasoningTextPart[];
}

export type OutputItem = MessageItem | FunctionCallItem | ReasoningItem;

export function outputText(text: string, logprobs: readonly unknown[]): OutputTextPart {
  return { type: 'output_text', text, annotations: [], logprobs };
}

export function refusalPart(refusal: string): RefusalPart {
  return { type: 'refusal', refusal };
}

export function reasoningText(text: string): ReasoningTextPart {
  return { type: 'reasoning_text', text };
}

export function messageItem(id: string, status: ItemStatus, content: readonly MessagePart[]): MessageItem {
  return { id, type: 'message', status, role: 'assistant', content };
}

export function reasoningItem(id: string, status: ItemStatus, content: readonly ReasoningTextPart[]): ReasoningItem {
  return { id, type: 'reasoning', status, summary: [], content };
}

export interface FunctionCall {
  readonly callId: string;
  readonly name: string;
  readonly arguments: string;
}

export function functionCallItem(id: string, status: ItemStatus, call: FunctionCall): FunctionCallItem {
  return { id, type: 'function_call', status, call_id: call.callId, name: call.name, arguments: call.arguments };
}
