import type { EventId, EventStore, JSONRPCMessage, StreamId } from '@modelcontextprotocol/server';

/** Events of a session that can be read again after a break. */
const mostEvents = 1_000;

interface Stored {
  readonly id: EventId;
  readonly streamId: StreamId;
  readonly message: JSONRPCMessage;
}

/** What a session has sent, for clients that come back with Last-Event-ID (MCP 2025-11-25, Streamable HTTP). */
export class SessionEvents implements EventStore {
  readonly #events: Stored[] = [];
  #last = 0;

  storeEvent(streamId: StreamId, message: JSONRPCMessage): Promise<EventId> {
    this.#last += 1;
    const id = `${streamId}_${this.#last}`;
    this.#events.push({ id, streamId, message });
    if (this.#events.length > mostEvents) this.#events.shift();
    return Promise.resolve(id);
  }

  getStreamIdForEventId(eventId: EventId): Promise<StreamId | undefined> {
    return Promise.resolve(this.#events.find(({ id }) => id === eventId)?.streamId);
  }

  async replayEventsAfter(
    lastEventId: EventId,
    { send }: { readonly send: (eventId: EventId, message: JSONRPCMessage) => Promise<void> },
  ): Promise<StreamId> {
    const from = this.#events.findIndex(({ id }) => id === lastEventId);
    const streamId = this.#events[from]?.streamId ?? '';
    const missed = from === -1 ? [] : this.#events.slice(from + 1).filter((event) => event.streamId === streamId);
    // A message that was never given its content only opened the stream.
    for (const { id, message } of missed) if (Object.keys(message).length > 0) await send(id, message);
    return streamId;
  }
}
