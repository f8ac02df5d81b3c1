import type { VersionedEvent } from '../versions/version-change.ts';

/** One Server-Sent Event of data alone; nothing for no data. JSON text has no line break, so one `data` line carries it. */
export function frame(data: string | undefined): string {
  return data === undefined ? '' : `data: ${data}\n\n`;
}

/** One Server-Sent Event, named where it has a name. */
export function eventFrame({ name, data }: VersionedEvent): string {
  return name === undefined ? frame(data) : `event: ${name}\ndata: ${data}\n\n`;
}

/** From an event to what is sent of it in the caller's version of the contract: perhaps nothing. */
export type EncodeEvent = (event: VersionedEvent) => string;

export function encoderOf(downgrade: ((event: VersionedEvent) => VersionedEvent | undefined) | undefined): EncodeEvent {
  if (downgrade === undefined) return eventFrame;
  return (event) => {
    const older = downgrade(event);
    return older === undefined ? '' : eventFrame(older);
  };
}
