import { indexKnowledge } from './knowledge/index-knowledge.ts';
import { productFolders } from './knowledge/knowledge-folders.ts';
import type { Passage } from './knowledge/passage.ts';
import { searchPassages } from './knowledge/search.ts';
import type { Logger } from './logger.ts';
import type { Database } from './postgres/database.ts';
import { projectFolder } from './project-folders.ts';

export interface Knowledge {
  /** Waits for the index to be made, so that the very first question finds something. */
  readonly search: (query: string) => Promise<readonly Passage[]>;
  /** Brings the index up to date. */
  index(): Promise<void>;
}

const passages = 5;

/** The documentation as the built-in model knows it. */
export function openKnowledge({
  database,
  preset,
  logger,
}: {
  readonly database: Database;
  readonly preset: string;
  readonly logger: Logger;
}): Knowledge {
  let indexed: Promise<void> | undefined;
  const index = () => {
    indexed ??= indexKnowledge({ database, folders: productFolders(projectFolder, preset), logger }).then(
      () => undefined,
      (error: unknown) => {
        indexed = undefined;
        throw error;
      },
    );
    return indexed;
  };
  return {
    index,
    search: async (query) => {
      // What was indexed at an earlier start still answers when it cannot be brought up to date now.
      await index().catch(() => undefined);
      return searchPassages({ database }, { query, limit: passages });
    },
  };
}
