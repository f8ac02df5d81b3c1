import {
  MissingRequiredClientCapabilityError,
  ProtocolError,
  type CallToolResult,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { AsyncJob, JobStatus } from '../jobs/async-job.ts';
import type { McpCaller, McpJobs } from './mcp-options.ts';

/** MCP Tasks (SEP-2663): a call whose answer takes a while is a job here. */
const tasksExtension = 'io.modelcontextprotocol/tasks';
const capabilitiesKey = 'io.modelcontextprotocol/clientCapabilities';
const invalidParams = -32_602;

/** A job is kept for so long after its end, so that a task is kept for longer than this from its start. */
const ttlMs = 30 * 60_000;
const pollIntervalMs = 1_000;

const statuses: Readonly<Record<JobStatus, string>> = {
  queued: 'working',
  running: 'working',
  succeeded: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** Did the client say, for this request, that it knows tasks? */
export function knowsTasks({ mcpReq }: ServerContext): boolean {
  const envelope = mcpReq.envelope as Readonly<Record<string, unknown>> | undefined;
  const declared = envelope?.[capabilitiesKey] as
    { readonly extensions?: Readonly<Record<string, unknown>> } | undefined;
  return declared?.extensions?.[tasksExtension] !== undefined;
}

function taskOf(job: AsyncJob) {
  return {
    taskId: job.id,
    status: statuses[job.status],
    ...(job.status === 'running' ? { statusMessage: `${job.progress} %` } : {}),
    createdAt: job.createdAt.toISOString(),
    lastUpdatedAt: job.updatedAt.toISOString(),
    ttlMs,
    pollIntervalMs,
  };
}

/** Under it a result carries the task it has become, until `taskAnswer` puts that in its place. */
const taskMark = 'turnpike/task';

/** What a call is answered with when it becomes a task. The library lets only results of tools through. */
export function createdTask(job: AsyncJob): CallToolResult {
  return { content: [], structuredContent: {}, _meta: { [taskMark]: { resultType: 'task', ...taskOf(job) } } };
}

/** A CreateTaskResult in the place of the result that carries one; every other answer as it is. */
export async function taskAnswer(response: Response): Promise<Response> {
  if (response.headers.get('content-type')?.includes('application/json') !== true) return response;
  const text = await response.text();
  const { status, headers } = response;
  headers.delete('content-length');
  if (!text.includes(`"${taskMark}"`)) return new Response(text, { status, headers });
  const message = JSON.parse(text) as { result?: { _meta?: Record<string, unknown> } };
  const { [taskMark]: task, ...meta } = message.result?._meta ?? {};
  const result = { ...(task as Record<string, unknown>), _meta: meta };
  return new Response(JSON.stringify({ ...message, result }), { status, headers });
}

/** A task with what came of it: a tool that said no is completed, with a result that says so. */
function detailedTask(job: AsyncJob): Record<string, unknown> {
  const task = taskOf(job);
  if (job.result !== null) {
    const content = [{ type: 'text', text: JSON.stringify(job.result) }];
    return { ...task, result: { content, structuredContent: job.result } };
  }
  if (job.error === null) return task;
  const { code, message } = job.error;
  return {
    ...task,
    status: 'completed',
    result: { isError: true, content: [{ type: 'text', text: `${code}: ${message}` }] },
  };
}

/** @throws ProtocolError: the client did not say that it knows tasks; there is no such task of the caller's */
async function found(context: ServerContext, look: () => Promise<AsyncJob>): Promise<AsyncJob> {
  if (!knowsTasks(context))
    throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { extensions: { [tasksExtension]: {} } } });
  try {
    return await look();
  } catch (error) {
    if (error instanceof AppError && error.definition.status === 404)
      throw new ProtocolError(
        invalidParams,
        'There is no such task of yours. A task is kept for 30 minutes after its end.',
      );
    throw error;
  }
}

/** Answers tasks/get, tasks/update and tasks/cancel: the jobs of the caller. */
export function registerTasks(server: McpServer, jobs: McpJobs, caller: McpCaller): void {
  const params = z.looseObject({ taskId: z.string().max(100) });
  server.server.registerCapabilities({ extensions: { [tasksExtension]: {} } });
  server.server.setRequestHandler('tasks/get', { params }, async ({ taskId }, context) =>
    detailedTask(await found(context, () => jobs.get(caller, taskId))),
  );
  // No job here ever asks for input: there is nothing to be answered, and what is sent is passed over.
  server.server.setRequestHandler('tasks/update', { params }, async ({ taskId }, context) => {
    await found(context, () => jobs.get(caller, taskId));
    return {};
  });
  server.server.setRequestHandler('tasks/cancel', { params }, async ({ taskId }, context) => {
    await found(context, async () => {
      const job = await jobs.get(caller, taskId);
      // A task that is over stays as it is.
      return job.expiresAt === null ? jobs.cancel(caller, taskId).catch(() => job) : job;
    });
    return {};
  });
}
