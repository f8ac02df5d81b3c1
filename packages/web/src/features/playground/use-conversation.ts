import { useRef, useState } from 'react';
import { callsOf, type AnswerSum, type TokenUse, type ToolCall } from '../../api/answer-sum.ts';
import type { ChatRequest, Content, Turn } from '../../api/chat-request.ts';
import { streamChat } from '../../api/road.ts';

export type Settings = Pick<ChatRequest, 'temperature' | 'response_format' | 'tools'> & { readonly system: string };

/** What an answer took. */
export interface Measure {
  /** null: the stream did not tell. */
  readonly usage: TokenUse | null;
  readonly firstMs: number | null;
  readonly tookMs: number;
}

/** A turn of the talk, and what it took once it is over. */
export interface Said {
  readonly turn: Turn;
  readonly measure?: Measure;
}

/** One model's side of the talk. */
export interface Conversation {
  readonly said: readonly Said[];
  readonly turns: readonly Turn[];
  /** Calls of the last answer: it goes on once each has its result. */
  readonly open: readonly ToolCall[];
  readonly error: unknown;
  readonly isAnswering: boolean;
  send(model: string, content: Content, settings: Settings): void;
  /** @param results of the open calls, in their order */
  give(model: string, results: readonly string[], settings: Settings): void;
  stop(): void;
  clear(): void;
}

export function requestOf(model: string, turns: readonly Turn[], { system, ...rest }: Settings): ChatRequest {
  const before: Turn[] = system.trim() === '' ? [] : [{ role: 'system', content: system.trim() }];
  return { model, messages: [...before, ...turns], ...rest };
}

function turnOf(answer: AnswerSum, withCalls: boolean): Turn {
  const calls = callsOf(answer);
  if (calls.length === 0 || !withCalls) return { role: 'assistant', content: answer.text };
  return { role: 'assistant', content: answer.text === '' ? null : answer.text, tool_calls: calls };
}

/** Asks, and tells what has come as it grows. @param onSaid the answer so far, or as it ended; none: nothing came */
async function answer(request: ChatRequest, signal: AbortSignal, onSaid: (said?: Said) => void): Promise<void> {
  const startedAt = performance.now();
  let firstMs: number | null = null;
  let last: AnswerSum | undefined;
  const since = () => performance.now() - startedAt;
  try {
    await streamChat(
      request,
      (sum) => {
        if (sum.text !== '' || sum.parts.length > 0) firstMs ??= since();
        last = sum;
        onSaid({ turn: turnOf(sum, true) });
      },
      signal,
    );
    if (last === undefined) onSaid();
    else onSaid({ turn: turnOf(last, true), measure: { usage: last.usage, firstMs, tookMs: since() } });
  } catch (error) {
    // What was said stays; calls that broke off do not, and an answer without a word is none.
    if (last === undefined || last.text === '') onSaid();
    else onSaid({ turn: turnOf(last, false) });
    throw error;
  }
}

function openCalls(said: readonly Said[]): readonly ToolCall[] {
  const turn = said.at(-1)?.turn;
  return turn?.role === 'assistant' ? (turn.tool_calls ?? []) : [];
}

export function useConversation(): Conversation {
  const [said, setSaid] = useState<readonly Said[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [isAnswering, setAnswering] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const turns = said.map(({ turn }) => turn);
  const run = async (model: string, more: readonly Turn[], settings: Settings) => {
    const asked: readonly Said[] = [...said, ...more.map((turn) => ({ turn }))];
    const controller = new AbortController();
    abort.current = controller;
    setSaid(asked);
    setAnswering(true);
    setError(null);
    const request = requestOf(
      model,
      asked.map(({ turn }) => turn),
      settings,
    );
    try {
      await answer(request, controller.signal, (now) => {
        // What was cleared stays cleared.
        if (abort.current === controller) setSaid(now === undefined ? asked : [...asked, now]);
      });
    } catch (thrown) {
      if (!controller.signal.aborted) setError(thrown);
    } finally {
      if (abort.current === controller) setAnswering(false);
    }
  };
  const open = isAnswering ? [] : openCalls(said);
  return {
    ...{ said, turns, open, error, isAnswering },
    send: (model, content, settings) => void run(model, [{ role: 'user', content }], settings),
    give: (model, results, settings) => {
      const told = open.map(({ id }, place): Turn => ({
        role: 'tool',
        tool_call_id: id,
        content: results[place] ?? '',
      }));
      void run(model, told, settings);
    },
    stop: () => abort.current?.abort(),
    clear: () => {
      abort.current?.abort();
      abort.current = null;
      setAnswering(false);
      setSaid([]);
      setError(null);
    },
  };
}
