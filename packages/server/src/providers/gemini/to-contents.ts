import { AppError } from '../../errors.ts';
import { isJsonObject, objectsOf, parseJsonObject } from '../json.ts';
import type { JsonObject } from '../provider.ts';
import { signatureOf, standInSignature } from './signature.ts';
import { textParts, toParts } from './to-parts.ts';

interface Turn {
  readonly role: 'user' | 'model';
  /** Results of calls stand alone: Gemini wants as many of them as there were calls, and right after. */
  readonly isResult: boolean;
  readonly parts: JsonObject[];
}

export interface Conversation {
  readonly systemParts: readonly JsonObject[];
  readonly contents: readonly { readonly role: 'user' | 'model'; readonly parts: readonly JsonObject[] }[];
}

export interface ConversationOptions {
  /** The model refuses calls without a signature. */
  readonly needsSignatures: boolean;
}

/** How deep an object may be: protobuf, in which Google's servers read it, goes no deeper. */
const deepest = 90;

function isShallow(value: unknown, levels = deepest): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((entry) => isShallow(entry, levels - 1));
}

/** Can every number be held? Longer ones, such as ids, would be rounded on their way through Gemini's objects. */
function isExact(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isExact);
}

function parseShallow(text: string): JsonObject | undefined {
  const value = parseJsonObject(text);
  return isShallow(value) ? value : undefined;
}

/** The arguments of a call a model has made. What was no JSON object is kept as text: the model may mend it. */
function argumentsOf(text: unknown): JsonObject {
  if (typeof text !== 'string' || text.trim() === '') return {};
  return parseShallow(text) ?? { arguments: text };
}

/** Gemini wants an object. What is none, or would not be the same as one, is its `output`. */
function resultOf(text: string): JsonObject {
  const value = parseShallow(text);
  return value !== undefined && isExact(value) ? value : { output: text };
}

const idOf = (id: unknown): JsonObject => (typeof id === 'string' && id !== '' ? { id } : {});

function callParts(message: JsonObject): JsonObject[] {
  const calls = objectsOf(message['tool_calls']).map((call) => {
    const called = isJsonObject(call['function']) ? call['function'] : {};
    const signature = signatureOf(call);
    return {
      functionCall: { ...idOf(call['id']), name: called['name'], args: argumentsOf(called['arguments']) },
      ...(signature === undefined ? {} : { thoughtSignature: signature }),
    };
  });
  const old = message['function_call'];
  if (!isJsonObject(old)) return calls;
  return [...calls, { functionCall: { name: old['name'], args: argumentsOf(old['arguments']) } }];
}

/** One pass over the messages; it knows the calls made so far, by which results find their function's name. */
class Reader {
  readonly system: JsonObject[] = [];
  readonly turns: Turn[] = [];
  readonly #options: ConversationOptions;
  readonly #names = new Map<unknown, unknown>();

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  read(message: JsonObject, param: string): void {
    const content = () => toParts(message['content'], `${param}.content`);
    switch (message['role']) {
      case 'system':
      case 'developer':
        this.system.push(...content());
        return;
      case 'assistant':
        this.#add('model', this.#answered(message, content()));
        return;
      case 'tool':
      case 'function':
        this.#add('user', [this.#result(message, content(), param)], true);
        return;
      default:
        this.#add('user', content());
    }
  }

  #add(role: Turn['role'], parts: JsonObject[], isResult = false): void {
    const before = this.turns.at(-1);
    if (before?.role === role && before.isResult === isResult) before.parts.push(...parts);
    else if (parts.length > 0) this.turns.push({ role, isResult, parts });
  }

  #answered(message: JsonObject, content: JsonObject[]): JsonObject[] {
    const said = content.length === 0 ? textParts(message['refusal']) : content;
    const calls = callParts(message);
    for (const call of objectsOf(message['tool_calls']))
      if (isJsonObject(call['function'])) this.#names.set(call['id'], call['function']['name']);
    const signature = signatureOf(message);
    const last = said.at(-1);
    if (signature !== undefined && last !== undefined) last['thoughtSignature'] = signature;
    const [first] = calls;
    if (first !== undefined && this.#options.needsSignatures && !('thoughtSignature' in first))
      calls[0] = { ...first, thoughtSignature: standInSignature };
    return [...said, ...calls];
  }

  #result(message: JsonObject, content: readonly JsonObject[], param: string): JsonObject {
    const id = message['tool_call_id'];
    const name = this.#names.get(id) ?? message['name'];
    if (typeof name !== 'string')
      throw new AppError(
        'INVALID_REQUEST',
        `${param}.tool_call_id must be the id of a tool call of an assistant message before it.`,
        { param: `${param}.tool_call_id` },
      );
    const text = content.map((part) => part['text']).filter((piece) => typeof piece === 'string');
    const media = content.filter((part) => !('text' in part));
    return {
      functionResponse: {
        ...idOf(id),
        name,
        response: resultOf(text.join('')),
        ...(media.length === 0 ? {} : { parts: media }),
      },
    };
  }
}

/**
 * The messages of a chat request as a system instruction and contents. System and developer messages are put together
 * in front, in their order; neighbours of one role become one, the results of parallel calls among them.
 * @throws AppError UNSUPPORTED_CAPABILITY for a part Gemini cannot read, INVALID_REQUEST for the result of no call
 */
export function toConversation(messages: unknown, options: ConversationOptions): Conversation {
  const reader = new Reader(options);
  for (const [index, message] of objectsOf(messages).entries()) reader.read(message, `messages.${index}`);
  const { system, turns } = reader;
  // Instructions alone are a request as well; Gemini wants somebody to have said something.
  if (turns.length === 0) return { systemParts: [], contents: [{ role: 'user', parts: system }] };
  return { systemParts: system, contents: turns.map(({ role, parts }) => ({ role, parts })) };
}
