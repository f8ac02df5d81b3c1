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
import { fusePassages } from './knowledge/fuse-passages.ts';
import { searchPassages } from './knowledge/search.ts';
import { VectorIndex, type Embedder } from './knowledge/vector-index.ts';
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
  /** From now on passages are found by meaning too. @param leastLikeness 0 to 1 */
  useEmbedder(embedder: Embedder, leastLikeness: number): void;
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

/** The search by meaning beside the one by words, where a model for it is configured. */
class Meaning {
  readonly #options: Sources;
  readonly #closing = new AbortController();
  #vectors: { readonly index: VectorIndex; readonly leastLikeness: number } | undefined;
  #updating: Promise<unknown> = Promise.resolve();

  constructor(options: Sources) {
    this.#options = options;
  }

  use(embedder: Embedder, leastLikeness: number): void {
    const { database, logger } = this.#options;
    this.#vectors = { index: new VectorIndex({ database, logger, embedder }), leastLikeness };
  }

  /** One after the other; does not fail: what has no vector yet is found by its words. */
  update(): Promise<unknown> {
    const { logger } = this.#options;
    this.#updating = this.#updating.then(async () => {
      const made = await this.#vectors?.index.update(this.#closing.signal).catch((error: unknown) => {
        if (!this.#closing.signal.aborted)
          logger.warn({ reason: errorMessage(error) }, 'pages could not be indexed by meaning');
      });
      if (made !== undefined && made > 0) logger.info({ passages: made }, 'pages indexed by meaning');
    });
    return this.#updating;
  }

  /** Without an answer of the model the search goes by words alone. */
  async search(query: string): Promise<readonly Passage[]> {
    if (this.#vectors === undefined) return [];
    const { index, leastLikeness } = this.#vectors;
    return index.search(query, passages, leastLikeness).catch((error: unknown) => {
      this.#options.logger.warn({ reason: errorMessage(error) }, 'no search by meaning: the model did not answer');
      return [];
    });
  }

  close(): void {
    this.#closing.abort();
  }
}

/** Brings the index up to date when what it is made from has changed. @returns ends it */
async function watchDocuments({ database, clock, preset, logger }: Options, meaning: Meaning): Promise<() => void> {
  const faq = join(projectFolder, 'presets', preset, 'content', 'faq.yaml');
  const look = () => knowledgeSignature(productFolders(projectFolder, preset), [faq]);
  let known = await look();
  let busy = false;
  const lookAgain = async () => {
    const now = await look();
    if (now === known) return;
    await indexAll({ database, preset, logger });
    known = now;
    await meaning.update();
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

/** Waits for the index to be made; what was indexed at an earlier start still answers when it cannot be brought up to date. */
function createSearch(database: Database, meaning: Meaning, index: () => Promise<void>) {
  return async (query: string): Promise<readonly Passage[]> => {
    await index().catch(() => undefined);
    const [byWords, byMeaning] = await Promise.all([
      searchPassages({ database }, { query, limit: passages }),
      meaning.search(query),
    ]);
    return byMeaning.length === 0 ? byWords : fusePassages([byWords, byMeaning], passages);
  };
}

/** The documentation as the built-in model knows it. */
export function openKnowledge({ database, clock, preset, logger }: Options): Knowledge {
  let stopWatching: (() => void) | undefined;
  let indexed: Promise<void> | undefined;
  const meaning = new Meaning({ database, preset, logger });
  const index = () => {
    indexed ??= indexAll({ database, preset, logger }).then(
      () => {
        void meaning.update();
      },
      (error: unknown) => {
        indexed = undefined;
        throw error;
      },
    );
    return indexed;
  };
  const search = createSearch(database, meaning, index);
  return {
    index,
    watch: async () => {
      stopWatching = await watchDocuments({ database, clock, preset, logger }, meaning);
    },
    close: () => {
      stopWatching?.();
      meaning.close();
    },
    useEmbedder: (embedder, leastLikeness) => {
      meaning.use(embedder, leastLikeness);
    },
    refresh: async (onProgress) => {
      const result = await indexAll({ database, preset, logger }, onProgress);
      await meaning.update();
      return result;
    },
    answers: {
      searchFaq: async (query, language, limit) => {
        await index().catch(() => undefined);
        return searchFaq({ database }, { query, language, limit });
      },
      searchPassages: search,
    },
    frequent: async (question) => {
      await index().catch(() => undefined);
      const [best] = await searchFaq({ database }, { query: question, language: detectLanguage(question), limit: 1 });
      return best !== undefined && best.score >= sureScore ? best : undefined;
    },
    search,
  };
}
