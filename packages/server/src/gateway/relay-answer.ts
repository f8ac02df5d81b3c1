import type { EventStream } from '../providers/provider.ts';
import type { Contract } from '../versions/contract.ts';
import { ChatStream, frame } from './chat-stream.ts';
import type { ClientConnection } from './client-connection.ts';
import type { AnswerDialect } from './dialect.ts';
import type { Gateway } from './gateway.ts';
import type { CheckedCall } from './pipeline.ts';
import { relayStream } from './relay.ts';
import type { Settlement } from './settlement.ts';

export interface StreamedAnswer {
  readonly call: CheckedCall;
  readonly events: EventStream;
  readonly settlement: Settlement;
  readonly client: ClientConnection;
  readonly headers: readonly string[];
}

/** From a chunk's JSON text to what is sent: in the surface's words, then in the caller's version. */
function encoderOf({ translation }: Contract, dialect: AnswerDialect | undefined): (data: string) => string {
  const { downgradeEvent } = translation;
  if (downgradeEvent === undefined && dialect === undefined) return frame;
  return (chunk) => {
    const data = dialect === undefined ? chunk : dialect.shapeEvent(chunk);
    if (data === undefined || downgradeEvent === undefined) return frame(data);
    return frame(downgradeEvent({ name: undefined, data })?.data);
  };
}

/** Step 9 for a streamed answer: events in the caller's version and under the public model name, settled at the end. */
export async function relayAnswer(gateway: Gateway, answer: StreamedAnswer): Promise<void> {
  const { call, events, settlement, client, headers } = answer;
  const { dialect } = call.exchange;
  const encode = encoderOf(call.contract, dialect);
  const includeUsage = call.request.stream_options?.include_usage === true;
  const chat = new ChatStream({ publicModel: call.entitlement.model.name, includeUsage, encode });
  settlement.onStream(chat);
  await relayStream({
    events,
    chat,
    client,
    headers,
    clock: gateway.clock,
    streamClock: gateway.streamClock,
    timeouts: gateway.relay,
    onDelivery: settlement.onDelivery,
    onProgress: settlement.onProgress,
    onEnd: settlement.onStreamEnd,
    renderError: call.exchange.renderStreamError,
  });
}
