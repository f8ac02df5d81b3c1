import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Before any test: the console as its sources are now. Built once, and again when they have changed. */
export async function setup(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../packages/web/build.ts')]);
}
