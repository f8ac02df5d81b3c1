/**
 * The caller's side of a request as the road sees it; built by the HTTP adapter. Header lists are flat name, value
 * pairs, ready for the wire.
 */
export interface ClientConnection {
  /** Sends a whole JSON answer. */
  sendJson(status: number, headers: readonly string[], text: string): void;
  /** Sends the head of an event stream; nothing may be sent as JSON after that. */
  openStream(headers: readonly string[]): void;
  /** Writes to the stream. False: the client reads slower than we write; wait for `onDrain`. */
  write(text: string): boolean;
  onDrain(listener: () => void): void;
  /** Ends the stream, and says whether all of it is there. */
  end(outcome: 'complete' | 'failed'): void;
  /** Cuts the connection: what was sent cannot be mistaken for a whole answer. */
  destroy(): void;
  /** Called once when the client has gone before the answer was complete. */
  onGone(listener: () => void): void;
  readonly isGone: boolean;
}
