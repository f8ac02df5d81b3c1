import type { StreamAnswer } from '../providers/provider.ts';
import type { AnswerStream } from './answer-stream.ts';
import { ChatStream } from './chat-stream.ts';
import type { Gateway } from './gateway.ts';
import type { CheckedCall } from './pipeline.ts';
import { relayStream } from './relay.ts';
import type { Sending } from './sending.ts';
import { encoderOf } from './sse-frame.ts';

/** In the upstream's own words where the surface speaks them too, else from OpenAI's chunks to the surface's words. */
function openAnswerStream(call: CheckedCall, protocol: StreamAnswer['protocol']): AnswerStream {
  const { reading, entitlement, exchange, contract } = call;
  if (reading.kind !== 'chat') throw new TypeError('only chats are answered by streams');
  const model = entitlement.model.name;
  if (protocol !== undefined && reading.native !== undefined) return reading.native.dialect.openStream({ model });
  const { dialect } = reading;
  return new ChatStream({
    publicModel: model,
    includeUsage: reading.request.stream_options?.include_usage === true,
    encode: encoderOf(contract.translation.downgradeEvent),
    renderError: exchange.renderStreamError,
    ...(dialect === undefined
      ? {}
      : {
          translation: dialect.openStream({ model, promptTokens: entitlement.promptTokens }),
          closing: dialect.closing,
        }),
  });
}

/** Step 9 for a streamed answer: events in the caller's version and under the public model name, settled at the end. */
export async function relayAnswer(gateway: Gateway, answer: StreamAnswer, sending: Sending): Promise<void> {
  const { call, settlement, client, headers } = sending;
  const stream = openAnswerStream(call, answer.protocol);
  settlement.onStream(stream);
  await relayStream({
    events: answer.events,
    answer: stream,
    client,
    headers,
    clock: gateway.clock,
    streamClock: gateway.streamClock,
    timeouts: gateway.relay,
    onDelivery: settlement.onDelivery,
    onProgress: settlement.onProgress,
    onEnd: settlement.onStreamEnd,
  });
}
