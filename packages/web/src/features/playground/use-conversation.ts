import { useRef, useState } from 'react';
import { streamChat, type ChatRequest, type Turn } from '../../api/road.ts';

export type Settings = Pick<ChatRequest, 'temperature' | 'response_format'> & { readonly system: string };

/** One model's side of the talk. */
export interface Conversation {
  readonly turns: readonly Turn[];
  readonly error: unknown;
  readonly isAnswering: boolean;
  send(model: string, content: Turn['content'], settings: Settings): void;
  stop(): void;
  clear(): void;
}

export function requestOf(model: string, turns: readonly Turn[], { system, ...rest }: Settings): ChatRequest {
  const before: Turn[] = system.trim() === '' ? [] : [{ role: 'system', content: system.trim() }];
  return { model, messages: [...before, ...turns], ...rest };
}

export function useConversation(): Conversation {
  const [turns, setTurns] = useState<readonly Turn[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [isAnswering, setAnswering] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const run = async (model: string, asked: readonly Turn[], settings: Settings) => {
    const controller = new AbortController();
    abort.current = controller;
    setAnswering(true);
    setError(null);
    let answer = '';
    try {
      await streamChat(
        requestOf(model, asked, settings),
        (text) => {
          answer += text;
          setTurns([...asked, { role: 'assistant', content: answer }]);
        },
        controller.signal,
      );
    } catch (thrown) {
      if (!controller.signal.aborted) setError(thrown);
    } finally {
      setAnswering(false);
    }
  };
  return {
    turns,
    error,
    isAnswering,
    send: (model, content, settings) => {
      const asked: readonly Turn[] = [...turns, { role: 'user', content }];
      setTurns(asked);
      void run(model, asked, settings);
    },
    stop: () => abort.current?.abort(),
    clear: () => {
      abort.current?.abort();
      setTurns([]);
      setError(null);
    },
  };
}
