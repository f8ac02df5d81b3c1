import type { AnswerDialect } from '../../dialect.ts';
import { chatToMessage, type MessageContext } from './chat-to-message.ts';
import { MessageEvents } from './message-events.ts';

/** OpenAI's chat answers in Anthropic's words. */
export function messagesDialect(context: MessageContext): AnswerDialect {
  return {
    shapeAnswer: (completion) => chatToMessage(completion, context),
    openStream: ({ model, promptTokens }) => new MessageEvents({ ...context, model, promptTokens }),
    closing: '',
  };
}
