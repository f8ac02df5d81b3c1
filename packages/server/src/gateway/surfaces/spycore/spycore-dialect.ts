import { ulid } from '../../../ids.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { AnswerDialect } from '../../dialect.ts';
import { frame } from '../../sse-frame.ts';

interface Choice {
  readonly index?: number;
  readonly finish_reason?: string | null;
  readonly message?: { readonly content?: unknown };
}

function choicesOf(object: JsonObject): Choice[] {
  return Array.isArray(object['choices']) ? (object['choices'] as Choice[]) : [];
}

function textOf(content: unknown): string {
  return typeof content === 'string' ? content : '';
}

/** SpyCore's answers (S3): ids `chat_` + ULID, four members, and in a stream the text alone. */
export function spycoreDialect(nowMs: number): AnswerDialect {
  return {
    shapeAnswer: (completion) => {
      const usage = completion['usage'] as Record<string, number>;
      return {
        id: `chat_${ulid(nowMs)}`,
        model: completion['model'],
        choices: choicesOf(completion).map((choice, position) => ({
          index: choice.index ?? position,
          message: { role: 'assistant', content: textOf(choice.message?.content) },
          finish_reason: choice.finish_reason ?? 'stop',
        })),
        usage: {
          prompt_tokens: usage['prompt_tokens'],
          completion_tokens: usage['completion_tokens'],
          total_tokens: usage['total_tokens'],
        },
      };
    },
    openStream: () => ({
      onChunk: (_chunk, choices) => {
        const delta = choices.map((choice) => textOf(choice.delta?.content)).join('');
        return delta === '' ? [] : [{ name: undefined, data: JSON.stringify({ delta }) }];
      },
      finish: () => [],
    }),
    closing: frame('[DONE]'),
  };
}
