import { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config/schema.ts';
import { AppError } from '../errors.ts';
import type { FileStore } from '../files/file-store.ts';
import { ulid } from '../ids.ts';
import { isOver, type Batch, type BatchLine, type LineOutcome } from './batch.ts';
import { readInput } from './read-input.ts';
import { runLines, type LineAnswer, type RunLine } from './run-lines.ts';
import type { BatchStore } from './store.ts';

export interface BatchRunnerOptions {
  readonly store: BatchStore;
  readonly files: FileStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly settings: Settings['batches'];
  readonly runLine: RunLine;
}

const countEveryMs = 1_000;

function outcomeOf(nowMs: number, { customId }: BatchLine, { status, requestId, body }: LineAnswer): LineOutcome {
  const response = { status_code: status, request_id: requestId, body };
  const record = { id: `batch_req_${ulid(nowMs)}`, custom_id: customId, response, error: null };
  return { isOk: status < 400, record };
}

function unfinished(nowMs: number, { customId }: BatchLine, code: string, message: string): LineOutcome {
  const record = { id: `batch_req_${ulid(nowMs)}`, custom_id: customId, response: null, error: { code, message } };
  return { isOk: false, record };
}

async function* jsonLines(records: AsyncIterable<Record<string, unknown>>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`;
}

/** Reads the requests into rows. @returns undefined when the batch went elsewhere, or failed */
async function validate(options: BatchRunnerOptions, batch: Batch): Promise<Batch | undefined> {
  const { store, files, settings } = options;
  const fail = async (errors: Parameters<BatchStore['advance']>[3]) => {
    await store.dropLines(batch.id);
    await store.advance(batch.id, ['validating'], 'failed', errors);
    return undefined;
  };
  let content: Readable;
  try {
    ({ content } = await files.open(batch.tenantId, batch.inputFileId));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'RESOURCE_NOT_FOUND') throw error;
    const message = `There is no file ${JSON.stringify(batch.inputFileId)} any more.`;
    return fail({ errors: [{ code: 'input_file_not_found', message, param: 'input_file_id', line: null }] });
  }
  const rules = { endpoint: batch.endpoint, maxRequests: settings.max_requests, maxBytes: settings.max_file_bytes };
  const end = await readInput(content, rules, (lines) => store.addLines(batch.id, lines));
  if (end.kind === 'invalid') return fail({ errors: end.errors });
  await store.count(batch.id);
  return store.advance(batch.id, ['validating'], 'in_progress');
}

/** Keeps the counts current and looks whether the batch was cancelled, while it runs. */
function watch({ store, clock }: BatchRunnerOptions, id: string) {
  const seen = { isCancelled: false };
  let looking: Promise<void> | undefined;
  const look = async () => {
    await store.count(id);
    const current = await store.find(id);
    if (current === undefined || current.status !== 'in_progress') seen.isCancelled = true;
  };
  const stop = clock.every(countEveryMs, () => {
    // A look that fails is made again a second later.
    looking ??= look()
      .catch(() => undefined)
      .finally(() => {
        looking = undefined;
      });
  });
  return {
    seen,
    close: async () => {
      stop();
      await looking;
    },
  };
}

/** @throws Error when it was told to put the work down */
async function carryOut(options: BatchRunnerOptions, batch: Batch, signal: AbortSignal): Promise<void> {
  const { store, clock, random, settings, runLine } = options;
  const { id, tenantId, keyId, endpoint } = batch;
  const watcher = watch(options, id);
  try {
    await runLines({
      ...{ clock, random, signal },
      concurrency: settings.concurrency,
      next: (afterLine, limit) => store.pending(id, afterLine, limit),
      run: ({ body }, lineSignal) => runLine({ tenantId, keyId, endpoint, body, signal: lineSignal }),
      done: (line, answer) => store.answer(id, line.lineNo, outcomeOf(clock.now(), line, answer)),
      deadlineMs: batch.expiresAt.getTime(),
      isCancelled: () => watcher.seen.isCancelled,
    });
  } finally {
    await watcher.close();
  }
  if (signal.aborted) throw new Error('the batch was put down');
}

/** Gives every line that was not carried out its reason. */
async function closeLines({ store, clock }: BatchRunnerOptions, { id }: Batch, code: string, message: string) {
  for (;;) {
    const lines = await store.pending(id, 0, 200);
    for (const line of lines) await store.answer(id, line.lineNo, unfinished(clock.now(), line, code, message));
    if (lines.length === 0) return;
  }
}

/** Writes one of the two files, unless it would be empty. @returns its id */
async function writeFile(options: BatchRunnerOptions, batch: Batch, isOk: boolean): Promise<string | null> {
  const { store, files } = options;
  const { id, tenantId, keyId, counts, outputExpiresAfterSeconds } = batch;
  const filename = `${id}_${isOk ? 'output' : 'error'}.jsonl`;
  // What a process that died had written already must not be there twice.
  for (const file of await files.list({ tenantId, purpose: 'batch_output', limit: 100, order: 'desc' }))
    if (file.filename === filename) await files.delete(tenantId, file.id);
  if ((isOk ? counts.completed : counts.failed) === 0) return null;
  const content = Readable.from(jsonLines(store.answers(id, isOk)), { objectMode: false });
  const expiry = outputExpiresAfterSeconds === null ? {} : { expiresAfterSeconds: outputExpiresAfterSeconds };
  const file = await files.create({ tenantId, keyId, filename, purpose: 'batch_output', ...expiry }, content);
  return file.id;
}

type End = 'completed' | 'expired' | 'cancelled';

async function finalize(options: BatchRunnerOptions, batch: Batch, end: End): Promise<void> {
  const { store } = options;
  if (end === 'expired')
    await closeLines(options, batch, 'batch_expired', 'The batch expired before this request was carried out.');
  if (end === 'cancelled')
    await closeLines(options, batch, 'batch_cancelled', 'The batch was cancelled before this request was carried out.');
  await store.count(batch.id);
  const counted = (await store.find(batch.id)) ?? batch;
  const outputFileId = await writeFile(options, counted, true);
  const errorFileId = await writeFile(options, counted, false);
  await store.advance(batch.id, ['in_progress', 'finalizing', 'cancelling'], end, { outputFileId, errorFileId });
  await store.dropLines(batch.id);
}

/**
 * Carries a batch out from wherever it is, to its end. May be called again after a crash: what was answered stays answered, a
 * line that was under way is carried out once more.
 * @throws Error when `signal` was aborted, or the database or the file storage fails: to be called again
 */
export async function runBatch(options: BatchRunnerOptions, id: string, signal: AbortSignal): Promise<void> {
  const { store, clock } = options;
  let batch = await store.find(id);
  if (batch === undefined || isOver(batch)) return;
  if (batch.status === 'validating') batch = (await validate(options, batch)) ?? (await store.find(id));
  if (batch === undefined || isOver(batch)) return;
  if (batch.status === 'in_progress') await carryOut(options, batch, signal);
  const current = await store.find(id);
  if (current === undefined || isOver(current)) return;
  if (current.status === 'cancelling') {
    await finalize(options, current, 'cancelled');
    return;
  }
  const left = await store.pending(id, 0, 1);
  const isLate = left.length > 0 && clock.now() >= current.expiresAt.getTime();
  if (left.length > 0 && !isLate) throw new Error('lines are left to be carried out');
  if (!isLate) await store.advance(id, ['in_progress'], 'finalizing');
  await finalize(options, current, isLate ? 'expired' : 'completed');
}
