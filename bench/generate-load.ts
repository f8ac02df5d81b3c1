import { connect } from 'node:net';
import { chatBody, completionProblem, streamProblem } from './chat-payloads.ts';
import { percentile, type LoadPhase, type LoadResult } from './load.ts';
import { ResponseReader, type ReadResponse } from './response-reader.ts';

function requestText({ port, stream, headers }: LoadPhase): string {
  const body = chatBody(stream);
  const all = {
    host: `127.0.0.1:${String(port)}`,
    'content-type': 'application/json',
    'content-length': String(body.length),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /v1/chat/completions HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

function problemOf({ status, body }: ReadResponse, stream: boolean): string | undefined {
  if (status !== 200) return `status ${String(status)}: ${body.slice(0, 300)}`;
  try {
    return stream ? streamProblem(body) : completionProblem(body);
  } catch (error) {
    return `an answer that is no JSON: ${String(error)}`;
  }
}

/** Keeps `concurrency` requests running over as many kept-alive connections until `total` have been sent. */
function runPhase(phase: LoadPhase): Promise<LoadResult> {
  const text = requestText(phase);
  const latencies: number[] = [];
  let [started, open, failures, reads] = [0, 0, 0, 0];
  let firstFailure: string | null = null;
  const startedAtMs = performance.now();
  const fail = (reason: string): void => {
    failures += 1;
    firstFailure ??= reason;
  };
  return new Promise((resolve) => {
    const finish = (): void => {
      latencies.sort((one, other) => one - other);
      resolve({
        completed: latencies.length,
        failures,
        firstFailure,
        elapsedMs: performance.now() - startedAtMs,
        p50Ms: percentile(latencies, 0.5),
        p99Ms: percentile(latencies, 0.99),
        readsPerAnswer: latencies.length === 0 ? 0 : reads / latencies.length,
      });
    };
    const openConnection = (): void => {
      let [sentAtMs, waiting] = [0, false];
      const socket = connect({ port: phase.port, host: '127.0.0.1', noDelay: true });
      const next = (): void => {
        if (started >= phase.total) {
          socket.end();
          return;
        }
        started += 1;
        waiting = true;
        sentAtMs = performance.now();
        socket.write(text);
      };
      const reader = new ResponseReader((response) => {
        waiting = false;
        const problem = problemOf(response, phase.stream);
        if (problem === undefined) {
          latencies.push(performance.now() - sentAtMs);
          reads += response.reads;
        } else fail(problem);
        next();
      });
      open += 1;
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
        fail(error.message);
        waiting = false;
      });
      socket.on('close', () => {
        if (waiting) fail('the connection was closed in the middle of an answer');
        open -= 1;
        // A refused connection must not be tried for ever: each one counts as a request.
        if (sentAtMs === 0) started += 1;
        if (started < phase.total) openConnection();
        else if (open === 0) finish();
      });
    };
    for (let index = 0; index < Math.min(phase.concurrency, phase.total); index += 1) openConnection();
  });
}

process.on('message', (phase: LoadPhase) => {
  void runPhase(phase).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
