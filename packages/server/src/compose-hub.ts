import { join } from 'node:path';
import { createBatches } from './batches/batches.ts';
import { BatchStore } from './batches/store.ts';
import { createLineRunner } from './gateway/surfaces/openai/run-line.ts';
import { createJobQueue } from './jobs/job-queue.ts';
import { openFiles } from './open-files.ts';
import { readFaq } from './knowledge/faq-file.ts';
import { readCatalogues } from './catalogues/catalogues.ts';
import type { AnswerSources } from './knowledge/answer-plan.ts';
import { createAnswerQuestion } from './gateway/surfaces/ask/answer-question.ts';
import { documentUrl } from './hub/document-url.ts';
import { openAsyncJobs, type OpenAsyncJobsOptions } from './open-async-jobs.ts';
import type { Accounts } from './accounts/accounts.ts';
import { openAccounts } from './open-accounts.ts';
import { readSkills } from './hub/discovery/skills.ts';
import { openTools } from './open-tools.ts';
import type { Gateway } from './gateway/gateway.ts';
import { type KeyStore } from './keys/store.ts';
import { documentationFolders, projectFolder } from './project-folders.ts';
import { type ResponseStore } from './responses/store.ts';
import { createSessionTokens } from './secrets/session-token.ts';
import { createCipher } from './secrets/cipher.ts';
import { errorMessage } from './errors.ts';
import type { Language } from './knowledge/language.ts';
import type { ToolAnswer } from './knowledge/answer-plan.ts';
import { toolQuestions } from './knowledge/tool-questions.ts';
import type { Logger } from './logger.ts';
import type { ToolRegistry } from './tools/tool.ts';
import type { Basis } from './composition-basis.ts';

/** A question is not kept waiting longer for a tool. */
const toolPatienceMs = 5_000;

/** Files, and the work that goes on behind requests. */
export async function buildBackground(
  { config, clock, logger, database, closers }: Basis,
  gateway: Gateway,
  work: Pick<OpenAsyncJobsOptions, 'answer' | 'tools' | 'knowledge'> & {
    readonly keys: Pick<KeyStore, 'findById'>;
    readonly responses: ResponseStore;
  },
) {
  const { batches: settings } = config.settings;
  const { keys, responses } = work;
  const files = await openFiles({ config, database, clock, logger });
  closers.add(() => files.close());
  const jobs = createJobQueue({ database, clock, logger });
  closers.add(() => jobs.close());
  const store = new BatchStore({ database, clock, cipher: createCipher(config.masterKey, 'batches') });
  const runLine = createLineRunner(gateway, {
    keys,
    responses,
    surface: 'openai-batch',
    priceFactor: settings.price_factor,
  });
  const batches = createBatches({ store, files, jobs, clock, logger, settings, runLine });
  closers.add(() => {
    batches.close();
  });
  const asyncJobs = openAsyncJobs({ ...{ config, database, clock, logger }, queue: jobs, ...work });
  closers.add(() => {
    asyncJobs.close();
  });
  return { files, batches, asyncJobs };
}

/** @returns undefined where no tool is surely meant, or the one that is failed: others may still answer */
async function askTool(
  { registry, logger }: { readonly registry: { readonly tools?: ToolRegistry }; readonly logger: Logger },
  question: string,
  language: Language,
): Promise<ToolAnswer | undefined> {
  for (const { name, match, say } of toolQuestions) {
    const args = match(question);
    if (args === undefined || registry.tools?.find(name) === undefined) continue;
    try {
      const signal = AbortSignal.timeout(toolPatienceMs);
      return { name, text: say(await registry.tools.call(name, args, { principal: undefined, signal }), language) };
    } catch (error) {
      logger.info({ tool: name, reason: errorMessage(error) }, 'a tool could not answer a question');
    }
  }
  return undefined;
}

/** What the hub offers without a key. */
export async function buildHub({ config, clock, logger, closers }: Basis, gateway: Gateway, sources: AnswerSources) {
  const { masterKey, preset, publicUrl, settings } = config;
  const lives = { minAgeSeconds: 2, lifeSeconds: 1_800 };
  const presetFolder = join(projectFolder, 'presets', preset);
  const catalogues = await readCatalogues(presetFolder);
  const urlOf = (source: string) => documentUrl(publicUrl, source);
  const registry: { tools?: ToolRegistry } = {};
  // The tools answer questions by these sources, and some questions are answered by tools.
  const answers: AnswerSources = {
    ...sources,
    askTool: (question, language) => askTool({ registry, logger }, question, language),
  };
  const common = { answers, urlOf, answerModel: settings.hub.answer_model, site: publicUrl };
  const answer = createAnswerQuestion({ gateway, ...common });
  const { tools, close } = await openTools({ config, clock, catalogues, answers, answer, urlOf });
  closers.add(close);
  registry.tools = tools;
  return {
    sessionTokens: createSessionTokens({ masterKey, purpose: 'public chat', ...lives }),
    ...{ catalogues, tools, answers, answer, presetFolder },
    documentsFolders: documentationFolders,
    skills: await readSkills({
      folders: [join(projectFolder, 'docs/skills'), join(presetFolder, 'content/skills')],
      publicUrl,
      brandName: settings.brand.name,
    }),
    faq: await readFaq(presetFolder),
  };
}

export function buildPeople(basis: Basis): Accounts {
  const { close, ...accounts } = openAccounts(basis);
  basis.closers.add(close);
  return accounts;
}
