import { functionCallItem, functionCallOutputItem, messageItem } from '@turnpike/contract/openai-responses';
import type { JsonObject } from '../../../providers/provider.ts';
import type { ChatMessage, ChatToolCall } from './chat-message.ts';
import { textOf, userContent } from './read-content.ts';
import { check, refusal } from './refuse.ts';

/** An item of the conversation, and what an error about it calls it. */
export interface InputItem {
  readonly item: JsonObject;
  /** `input.3`, or `previous_response_id` for what was stored. */
  readonly path: string;
}

/** One assistant's turn in the making: what it said, what it called, and the answers to the calls. */
interface AssistantTurn {
  readonly kind: 'assistant';
  text: string | undefined;
  readonly calls: ChatToolCall[];
  readonly answers: ChatMessage[];
}

type Turn = { readonly kind: 'message'; message: ChatMessage } | AssistantTurn;

/**
 * Gathers items into messages. Chat wants in one message what an assistant says and calls in one turn, and the answers
 * right behind it; in a Responses conversation these are items of their own, with others perhaps between them.
 */
class Conversation {
  readonly #turns: Turn[] = [];
  readonly #turnOfCall = new Map<string, AssistantTurn>();
  /** Where calls stand that are not answered yet. */
  readonly #unanswered = new Map<string, string>();

  system(text: string): void {
    const last = this.#turns.at(-1);
    // Many chat templates take one system message only.
    if (last?.kind === 'message' && last.message.role === 'system')
      last.message = { role: 'system', content: `${last.message.content}\n\n${text}` };
    else this.#turns.push({ kind: 'message', message: { role: 'system', content: text } });
  }

  user(message: ChatMessage): void {
    this.#turns.push({ kind: 'message', message });
  }

  assistant(text: string): void {
    const last = this.#turns.at(-1);
    if (last?.kind === 'assistant' && last.calls.length > 0 && last.answers.length === 0)
      last.text = (last.text ?? '') + text;
    else this.#turns.push({ kind: 'assistant', text, calls: [], answers: [] });
  }

  call(call: ChatToolCall, path: string): void {
    let turn = this.#turns.at(-1);
    if (turn?.kind !== 'assistant' || turn.answers.length > 0) {
      turn = { kind: 'assistant', text: undefined, calls: [], answers: [] };
      this.#turns.push(turn);
    }
    turn.calls.push(call);
    this.#turnOfCall.set(call.id, turn);
    this.#unanswered.set(call.id, path);
  }

  answer(callId: string, content: string, path: string): void {
    const turn = this.#turnOfCall.get(callId);
    if (turn === undefined || !this.#unanswered.delete(callId))
      throw refusal(
        `${path}.call_id`,
        `there is no open function_call with the call_id ${JSON.stringify(callId)}; send the call before its output, or name the response it came with in previous_response_id.`,
      );
    turn.answers.push({ role: 'tool', tool_call_id: callId, content });
  }

  messages(): ChatMessage[] {
    for (const [callId, path] of this.#unanswered)
      throw refusal(path, `the function_call ${JSON.stringify(callId)} has no function_call_output; add it to input.`);
    return this.#turns.flatMap((turn) => {
      if (turn.kind === 'message') return [turn.message];
      const { text = null, calls, answers } = turn;
      const said = { role: 'assistant', content: text, ...(calls.length === 0 ? {} : { tool_calls: calls }) } as const;
      return [said, ...answers];
    });
  }
}

function addMessage(conversation: Conversation, item: JsonObject, path: string): void {
  const { role, content } = check(messageItem, item, path);
  const contentPath = `${path}.content`;
  if (role === 'user') conversation.user({ role, content: userContent(content, contentPath) });
  else if (role === 'assistant') conversation.assistant(textOf(content, contentPath, ''));
  // Servers other than OpenAI's do not know the role developer.
  else conversation.system(textOf(content, contentPath, '\n'));
}

function addItem(conversation: Conversation, { item, path }: InputItem): void {
  const type = item['type'] ?? ('role' in item ? 'message' : undefined);
  if (type === 'message') addMessage(conversation, item, path);
  else if (type === 'function_call') {
    const { call_id: id, name, arguments: text } = check(functionCallItem, item, path);
    conversation.call({ id, type: 'function', function: { name, arguments: text } }, path);
  } else if (type === 'function_call_output') {
    const { call_id: callId, output } = check(functionCallOutputItem, item, path);
    conversation.answer(callId, textOf(output, `${path}.output`, '\n'), path);
  } else if (type !== 'reasoning') {
    // What a model thought is not sent back: chat servers differ in whether they take it, and refuse it where not.
    throw refusal(
      `${path}.type`,
      `${JSON.stringify(type ?? null)} is not supported; supported are message, function_call, function_call_output, reasoning and item_reference.`,
    );
  }
}

/**
 * The conversation as chat messages. Pure.
 * @param instructions of this request; they stand before everything
 * @throws AppError INVALID_REQUEST naming the item and field
 */
export function inputToMessages(instructions: string | undefined, items: readonly InputItem[]): ChatMessage[] {
  const conversation = new Conversation();
  if (instructions !== undefined && instructions !== '') conversation.system(instructions);
  for (const item of items) addItem(conversation, item);
  return conversation.messages();
}
