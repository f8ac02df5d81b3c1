import { connect } from 'node:net';
import { percentile, type LoadPhase, type LoadResult } from './load.ts';
import { ResponseReader, type ReadResponse } from './response-reader.ts';
import { workloads, type WorkloadName } from './workloads.ts';

function requestText({ port, workload, headers }: LoadPhase): string {
  const { path, body } = workloads[workload];
  const all = {
    host: `127.0.0.1:${String(port)}`,
    'content-type': 'application/json',
    'content-length': String(body.length),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

function problemOf({ status, body }: ReadResponse, workload: WorkloadName): string | undefined {
  if (status !== 200) return `status ${String(status)}: ${body.slice(0, 300)}`;
  try {
    return workloads[workload].problem(body);
  } catch (error) {
    return `an answer that is no JSON: ${String(error)}`;
  }
}

/** What a phase has sent and seen so far. */
class Tally {
  readonly #phase: LoadPhase;
  readonly #startedAtMs = performance.now();
  readonly #latencies: number[] = [];
  #started = 0;
  #failures = 0;
  #reads = 0;
  #firstFailure: string | null = null;

  constructor(phase: LoadPhase) {
    this.#phase = phase;
  }

  get isAllStarted(): boolean {
    return this.#started >= this.#phase.total;
  }

  start(): void {
    this.#started += 1;
  }

  answered(response: ReadResponse, latencyMs: number): void {
    const problem = problemOf(response, this.#phase.workload);
    if (problem !== undefined) {
      this.fail(problem);
      return;
    }
    this.#latencies.push(latencyMs);
    this.#reads += response.reads;
  }

  fail(reason: string): void {
    this.#failures += 1;
    this.#firstFailure ??= reason;
  }

  result(): LoadResult {
    const latencies = this.#latencies.sort((one, other) => one - other);
    return {
      completed: latencies.length,
      failures: this.#failures,
      firstFailure: this.#firstFailure,
      elapsedMs: performance.now() - this.#startedAtMs,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      readsPerAnswer: latencies.length === 0 ? 0 : this.#reads / latencies.length,
    };
  }
}

/** One kept-alive connection: a request after the other while there are any to send. Resolves when it is closed. */
function runConnection(port: number, text: string, tally: Tally): Promise<void> {
  let [sentAtMs, isWaiting] = [0, false];
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const next = (): void => {
    if (tally.isAllStarted) {
      socket.end();
      return;
    }
    tally.start();
    isWaiting = true;
    sentAtMs = performance.now();
    socket.write(text);
  };
  const reader = new ResponseReader((response) => {
    isWaiting = false;
    tally.answered(response, performance.now() - sentAtMs);
    next();
  });
  socket.setEncoding('latin1');
  socket.on('connect', next);
  socket.on('data', (piece: string) => {
    try {
      reader.feed(piece);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.on('error', (error) => {
    // A refused connection must not be tried for ever: it counts as a request.
    if (sentAtMs === 0) tally.start();
    isWaiting = false;
    tally.fail(error.message);
  });
  return new Promise((resolve) => {
    socket.on('close', () => {
      if (isWaiting) tally.fail('the connection was closed in the middle of an answer');
      resolve();
    });
  });
}

/** Keeps `concurrency` requests running over as many kept-alive connections until `total` have been sent. */
async function runPhase(phase: LoadPhase): Promise<LoadResult> {
  const text = requestText(phase);
  const tally = new Tally(phase);
  const keepOneRunning = async (): Promise<void> => {
    while (!tally.isAllStarted) await runConnection(phase.port, text, tally);
  };
  await Promise.all(Array.from({ length: Math.min(phase.concurrency, phase.total) }, keepOneRunning));
  return tally.result();
}

process.on('message', (phase: LoadPhase) => {
  void runPhase(phase).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
