import { WebStandardStreamableHTTPServerTransport, type McpServer } from '@modelcontextprotocol/server';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { BuildServer } from './build-server.ts';
import { SessionEvents } from './event-store.ts';
import type { McpCaller } from './mcp-options.ts';

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: McpServer;
  /** Only who opened it may use it. */
  readonly owner: string;
  usedAtMs: number;
}

const idleMs = 30 * 60_000;
const sweepMs = 60_000;
const mostOfOwner = 50;
const mostSessions = 2_000;

/** A key, or an address. */
function ownerOf({ principal, address }: McpCaller): string {
  return principal === undefined ? `address ${address}` : `key ${principal.keyId}`;
}

/** Sessions of the protocol's older era, kept by this process until they are ended or unused for half an hour. */
export class McpSessions {
  readonly #sessions = new Map<string, Session>();
  readonly #clock: Clock;
  readonly #stopSweeping: () => void;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#stopSweeping = clock.every(sweepMs, () => {
      const oldest = clock.now() - idleMs;
      for (const [id, { usedAtMs }] of this.#sessions) if (usedAtMs < oldest) void this.#end(id);
    });
  }

  /** undefined: there is none of that id that is the caller's. */
  find(id: string, caller: McpCaller): WebStandardStreamableHTTPServerTransport | undefined {
    const session = this.#sessions.get(id);
    if (session?.owner !== ownerOf(caller)) return undefined;
    session.usedAtMs = this.#clock.now();
    return session.transport;
  }

  /** Opens a session that is kept once its client has been initialised. */
  async open(build: BuildServer, caller: McpCaller): Promise<WebStandardStreamableHTTPServerTransport> {
    const owner = ownerOf(caller);
    this.#makeRoom(owner);
    const server = await build(caller);
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new SessionEvents(),
      onsessioninitialized: (id) => {
        this.#sessions.set(id, { transport, server, owner, usedAtMs: this.#clock.now() });
      },
      onsessionclosed: (id) => {
        this.#sessions.delete(id);
      },
    });
    await server.connect(transport);
    return transport;
  }

  get size(): number {
    return this.#sessions.size;
  }

  async close(): Promise<void> {
    this.#stopSweeping();
    await Promise.all([...this.#sessions.keys()].map((id) => this.#end(id)));
  }

  /** The longest unused go first: of one caller, then of all. */
  #makeRoom(owner: string): void {
    const byAge = [...this.#sessions].toSorted(([, left], [, right]) => left.usedAtMs - right.usedAtMs);
    const own = byAge.filter(([, session]) => session.owner === owner);
    const [first] = own.length >= mostOfOwner ? own : byAge.length >= mostSessions ? byAge : [];
    if (first !== undefined) void this.#end(first[0]);
  }

  async #end(id: string): Promise<void> {
    const session = this.#sessions.get(id);
    this.#sessions.delete(id);
    await session?.server.close().catch(() => undefined);
  }
}
