import { join } from 'node:path';

export const projectFolder = join(import.meta.dirname, '../../..');

/** User documentation: served under /developers and answered from by the built-in model. */
export const documentationFolder = join(projectFolder, 'docs/guide');
