import type { EventStream } from '../providers/provider.ts';
import { ChatStream, frame } from './chat-stream.ts';
import type { ClientConnection } from './client-connection.ts';
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

/** Step 9 for a streamed answer: events in the caller's version and under the public model name, settled at the end. */
export async function relayAnswer(gateway: Gateway, answer: StreamedAnswer): Promise<void> {
  const { call, events, settlement, client, headers } = answer;
  const { downgradeEvent } = call.contract.translation;
  const encode =
    downgradeEvent === undefined ? frame : (data: string) => frame(downgradeEvent({ name: undefined, data })?.data);
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
