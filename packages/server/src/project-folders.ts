import { join } from 'node:path';

export const projectFolder = join(import.meta.dirname, '../../..');

/** Documentation for users, then for operators: served under /developers and answered from by the built-in model. */
export const documentationFolders = [join(projectFolder, 'docs/guide'), join(projectFolder, 'docs')];
