import type { JsonObject } from '../../../providers/provider.ts';
import type { AnswerDialect } from '../../dialect.ts';
import { chatToResponse } from './chat-to-response.ts';
import { ResponseEvents } from './response-events.ts';
import type { ResponseSeed } from './response-object.ts';

/**
 * How the Responses API says an answer, whole or streamed.
 * @param onEnd given the last state of the response before it is sent
 */
export function responsesDialect(seed: ResponseSeed, onEnd: (response: JsonObject) => void): AnswerDialect {
  return {
    shapeAnswer: (completion) => {
      const response = chatToResponse(completion, seed);
      onEnd(response);
      return response;
    },
    openStream: ({ model }) => new ResponseEvents(seed, model, onEnd),
    closing: 'data: [DONE]\n\n',
  };
}
