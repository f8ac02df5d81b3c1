import { join } from 'node:path';
import type { Clock } from './clock.ts';
import { errorMessage } from './errors.ts';
import type { AnswerSources } from './knowledge/answer-plan.ts';
import { readFaq } from './knowledge/faq-file.ts';
import { indexFaq } from './knowledge/index-faq.ts';
import { detectLanguage } from './knowledge/language.ts';
import { searchFaq, sureScore, type FaqMatch } from './knowledge/search-faq.ts';
import { indexKnowledge } from './knowledge/index-knowledge.ts';
import { knowledgeSignature, productFolders } from './knowledge/knowledge-folders.ts';
import type { Passage } from './knowledge/passage.ts';
import { searchPassages } from './knowledge/search.ts';
import type { Logger } from './logger.ts';
import type { Database } from './postgres/database.ts';
import { projectFolder } from './project-folders.ts';

export interface Knowledge {
  /** Waits for the index to be made, so that the very first question finds something. */
  readonly search: (query: string) => Promise<readonly Passage[]>;
  /** The entry of the FAQ that a question is surely about. */
  readonly frequent: (question: string) => Promise<FaqMatch | undefined>;
  readonly answers: AnswerSources;
  /** Brings the index up to date. */
  index(): Promise<void>;
  /** Brings it up to date again whenever a document changes, until `close`. */
  watch(): Promise<void>;
  close(): void;
  /** Reads everything again. @param onProgress how many documents are done */
  refresh(onProgress: (done: number, total: number) => Promise<void>): Promise<RefreshResult>;
}

export interface RefreshResult {
  readonly documents: number;
  /** Sources written now. */
  readonly indexed: readonly string[];
  readonly removed: number;
  /** Frequent questions there are. */
  readonly entries: number;
}

const passages = 5;

interface Options {
  readonly database: Database;
  readonly clock: Clock;
  readonly preset: string;
  readonly logger: Logger;
}

/** How soon a changed document is noticed. Looked at, not listened for: that works on every file system. */
const lookEveryMs = 10_000;

type Sources = Omit<Options, 'clock'>;

async function indexAll(
  { database, preset, logger }: Sources,
  onProgress?: (done: number, total: number) => Promise<void>,
): Promise<RefreshResult> {
  const { entries, isNew } = await indexFaq({ database }, await readFaq(join(projectFolder, 'presets', preset)));
  if (isNew) logger.info({ entries }, 'frequent questions indexed');
  const folders = productFolders(projectFolder, preset);
  const result = await indexKnowledge({
    ...{ database, folders, logger },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  return { documents: result.files, indexed: result.indexed, removed: result.removed, entries };
}

/** Brings the index up to date when what it is made from has changed. @returns ends it */
async function watchDocuments({ database, clock, preset, logger }: Options): Promise<() => void> {
  const faq = join(projectFolder, 'presets', preset, 'content', 'faq.yaml');
  const look = () => knowledgeSignature(productFolders(projectFolder, preset), [faq]);
  let known = await look();
  let busy = false;
  const lookAgain = async () => {
    const now = await look();
    if (now === known) return;
    await indexAll({ database, preset, logger });
    known = now;
  };
  return clock.every(lookEveryMs, () => {
    if (busy) return;
    busy = true;
    lookAgain()
      // A document that is half written is read again at the next look.
      .catch((error: unknown) => {
        logger.warn({ reason: errorMessage(error) }, 'the documentation could not be indexed');
      })
      .finally(() => {
        busy = false;
      });
  });
}

/** The documentation as the built-in model knows it. */
export function openKnowledge({ database, clock, preset, logger }: Options): Knowledge {
  let stopWatching: (() => void) | undefined;
  let indexed: Promise<void> | undefined;
  const index = () => {
    indexed ??= indexAll({ database, preset, logger }).then(
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
    watch: async () => {
      stopWatching = await watchDocuments({ database, clock, preset, logger });
    },
    close: () => stopWatching?.(),
    refresh: (onProgress) => indexAll({ database, preset, logger }, onProgress),
    answers: {
      searchFaq: async (query, language, limit) => {
        await index().catch(() => undefined);
        return searchFaq({ database }, { query, language, limit });
      },
      searchPassages: async (query) => {
        await index().catch(() => undefined);
        return searchPassages({ database }, { query, limit: passages });
      },
    },
    frequent: async (question) => {
      await index().catch(() => undefined);
      const [best] = await searchFaq({ database }, { query: question, language: detectLanguage(question), limit: 1 });
      return best !== undefined && best.score >= sureScore ? best : undefined;
    },
    search: async (query) => {
      // What was indexed at an earlier start still answers when it cannot be brought up to date now.
      await index().catch(() => undefined);
      return searchPassages({ database }, { query, limit: passages });
    },
  };
}
