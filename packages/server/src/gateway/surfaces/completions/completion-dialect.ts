import type { JsonObject } from '../../../providers/provider.ts';
import type { TokenCounts } from '../../../usage/usage-event.ts';
import type { VersionedEvent } from '../../../versions/version-change.ts';
import type { AnswerDialect, ChatChunk, ChunkChoice, StreamDialect } from '../../dialect.ts';
import { frame } from '../../sse-frame.ts';

interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly top_logprobs?: readonly { readonly token: string; readonly logprob: number }[];
}

interface Choice {
  readonly index?: number;
  readonly finish_reason?: string | null;
  readonly message?: { readonly content?: unknown };
  readonly logprobs?: { readonly content?: readonly TokenLogprob[] | null } | null;
}

/** Chat's log probabilities in the old form: lists side by side, with the place of each token in the text. */
function oldLogprobs(logprobs: Choice['logprobs'], startOffset: number): JsonObject | null {
  const content = logprobs?.content;
  if (content === undefined || content === null) return null;
  let offset = startOffset;
  return {
    tokens: content.map(({ token }) => token),
    token_logprobs: content.map(({ logprob }) => logprob),
    top_logprobs: content.map(({ top_logprobs: top = [] }) =>
      Object.fromEntries(top.map(({ token, logprob }) => [token, logprob])),
    ),
    text_offset: content.map(({ token }) => {
      const at = offset;
      offset += token.length;
      return at;
    }),
  };
}

function oldId(id: unknown): string {
  return typeof id === 'string' ? id.replace(/^chatcmpl-/, 'cmpl-') : 'cmpl';
}

class CompletionStream implements StreamDialect {
  readonly #model: string;
  readonly #echo: string;
  readonly #includeUsage: boolean;
  /** Characters each choice has sent. */
  readonly #lengths = new Map<number, number>();
  #id = 'cmpl';
  #created = 0;

  constructor(options: { readonly model: string; readonly echo: string; readonly includeUsage: boolean }) {
    this.#model = options.model;
    this.#echo = options.echo;
    this.#includeUsage = options.includeUsage;
  }

  onChunk(chunk: ChatChunk, choices: readonly ChunkChoice[]): readonly VersionedEvent[] {
    if (this.#id === 'cmpl') this.#id = oldId(chunk.id);
    if (this.#created === 0 && typeof chunk.created === 'number') this.#created = chunk.created;
    return choices.flatMap((choice) => this.#onChoice(choice));
  }

  finish({ promptTokens, completionTokens }: TokenCounts): readonly VersionedEvent[] {
    if (!this.#includeUsage) return [];
    const usage = {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    };
    return [this.#event({ choices: [], usage })];
  }

  #onChoice(choice: ChunkChoice): VersionedEvent[] {
    const index = choice.index ?? 0;
    const sent = this.#lengths.get(index);
    const opening = sent === undefined ? this.#echo : '';
    const content = typeof choice.delta?.content === 'string' ? choice.delta.content : '';
    const text = opening + content;
    const finishReason = choice.finish_reason ?? null;
    this.#lengths.set(index, (sent ?? 0) + text.length);
    if (text === '' && finishReason === null) return [];
    const { logprobs } = choice as Choice;
    return [
      this.#event({
        choices: [
          {
            text,
            index,
            logprobs: oldLogprobs(logprobs, (sent ?? 0) + opening.length),
            finish_reason: finishReason,
          },
        ],
      }),
    ];
  }

  #event(fields: JsonObject): VersionedEvent {
    const data = JSON.stringify({
      id: this.#id,
      object: 'text_completion',
      created: this.#created,
      model: this.#model,
      ...fields,
    });
    return { name: undefined, data };
  }
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : '';
}

/**
 * OpenAI's old completions.
 * @param options `echo`: the prompt where it is to be repeated before the answer, else ''
 */
export function completionDialect(options: { readonly echo: string; readonly includeUsage: boolean }): AnswerDialect {
  const { echo } = options;
  return {
    shapeAnswer: ({ choices, id, object: _object, ...rest }) => ({
      id: oldId(id),
      object: 'text_completion',
      ...rest,
      choices: (Array.isArray(choices) ? (choices as Choice[]) : []).map((choice, position) => ({
        text: echo + textOf(choice.message?.content),
        index: choice.index ?? position,
        logprobs: oldLogprobs(choice.logprobs, echo.length),
        finish_reason: choice.finish_reason ?? 'stop',
      })),
    }),
    openStream: ({ model }) => new CompletionStream({ model, ...options }),
    closing: frame('[DONE]'),
  };
}
