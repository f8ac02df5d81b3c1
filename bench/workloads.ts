import {
  benchModel,
  chatBody,
  completionProblem,
  embeddingsBody,
  embeddingsProblem,
  eventsPerStream,
  messagesBody,
  messageProblem,
  messagesStreamProblem,
  streamProblem,
} from './chat-payloads.ts';

/** A kind of request, and what its whole answer is. */
export interface Workload {
  readonly title: string;
  readonly path: string;
  readonly body: string;
  /** Why an answer is not the whole one, or undefined if it is. */
  readonly problem: (body: string) => string | undefined;
  /** What is counted in an answer: 1, or the chunks of a stream. */
  readonly unitsPerAnswer: number;
}

export const workloadNames = ['chat', 'chat-stream', 'embeddings', 'messages', 'messages-stream'] as const;
export type WorkloadName = (typeof workloadNames)[number];

const chat = { path: '/v1/chat/completions' };
const messages = { path: '/v1/messages' };

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  chat: { ...chat, title: 'chat, a request', body: chatBody(false), problem: completionProblem, unitsPerAnswer: 1 },
  'chat-stream': {
    ...chat,
    title: 'chat, a chunk',
    body: chatBody(true),
    problem: streamProblem,
    unitsPerAnswer: eventsPerStream,
  },
  embeddings: {
    title: 'embeddings of 4 texts, a request',
    path: '/v1/embeddings',
    body: embeddingsBody(),
    problem: embeddingsProblem,
    unitsPerAnswer: 1,
  },
  messages: {
    ...messages,
    title: 'Messages, translated, a request',
    body: messagesBody(benchModel, false),
    problem: messageProblem,
    unitsPerAnswer: 1,
  },
  'messages-stream': {
    ...messages,
    title: 'Messages, translated, a chunk',
    body: messagesBody(benchModel, true),
    problem: messagesStreamProblem,
    unitsPerAnswer: eventsPerStream,
  },
};
