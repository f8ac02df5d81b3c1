/** A function the model wants called. */
export interface ToolCall {
  readonly id: string;
  readonly type: 'function';
  /** `arguments` is JSON text as the model wrote it. */
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface TokenUse {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

interface CallDelta {
  readonly index?: number;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: string | null };
}

/** An event of a streamed chat. */
export interface Chunk {
  readonly choices?: readonly {
    readonly delta?: { readonly content?: string | null; readonly tool_calls?: readonly CallDelta[] | null };
  }[];
  readonly usage?: TokenUse | null;
  readonly error?: { readonly message?: string };
}

interface Part {
  readonly index: number | undefined;
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What has come of an answer so far. */
export interface AnswerSum {
  readonly text: string;
  readonly parts: readonly Part[];
  readonly usage: TokenUse | null;
}

export const nothingYet: AnswerSum = { text: '', parts: [], usage: null };

/** Whose piece it is: by its id; else by its index, of which the last begun counts; else it goes on with the last. */
function placeOf(parts: readonly Part[], { id, index }: CallDelta): number {
  if (typeof id === 'string' && id !== '') {
    const known = parts.findIndex((part) => part.id === id);
    // Some servers number every call 0: another id is another call.
    return known === -1 ? parts.findLastIndex((part) => part.index === index && part.id === '') : known;
  }
  return index === undefined ? parts.length - 1 : parts.findLastIndex((part) => part.index === index);
}

function addCall(parts: readonly Part[], delta: CallDelta): readonly Part[] {
  const { index, id } = delta;
  const { name, arguments: text } = delta.function ?? {};
  const at = placeOf(parts, delta);
  const before = parts[at];
  if (before === undefined) return [...parts, { index, id: id ?? '', name: name ?? '', arguments: text ?? '' }];
  const grown: Part = {
    index: before.index,
    id: before.id === '' ? (id ?? '') : before.id,
    // Some servers say the whole name with every piece.
    name: name === before.name ? before.name : before.name + (name ?? ''),
    arguments: before.arguments + (text ?? ''),
  };
  return parts.with(at, grown);
}

/** The answer with one more event. */
export function addChunk(sum: AnswerSum, { choices, usage }: Chunk): AnswerSum {
  const delta = choices?.[0]?.delta;
  return {
    text: sum.text + (delta?.content ?? ''),
    parts: (delta?.tool_calls ?? []).reduce(addCall, sum.parts),
    usage: usage ?? sum.usage,
  };
}

/** The calls that were put together; one without an id is given one, by which its result is told. */
export function callsOf({ parts }: AnswerSum): readonly ToolCall[] {
  return parts.map((part, place) => ({
    id: part.id === '' ? `call_${String(place)}` : part.id,
    type: 'function',
    function: { name: part.name, arguments: part.arguments },
  }));
}
