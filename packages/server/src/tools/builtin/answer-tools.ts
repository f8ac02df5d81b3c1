import { z } from 'zod';
import type { Principal } from '../../keys/key.ts';
import { detectLanguage, type Language } from '../../knowledge/language.ts';
import type { AnswerSources } from '../../knowledge/answer-plan.ts';
import type { Tool } from '../tool.ts';
import { typedTool } from '../typed-tool.ts';

export interface HubAnswer {
  readonly answer: string;
  /** `faq:<id>`, `tool:<name>`, `llm:<model>` or `demo`. */
  readonly source: string;
  readonly citations: readonly string[];
  readonly follow_up: readonly string[];
}

export interface HubQuestion {
  readonly text: string;
  readonly lang: Language | undefined;
  /** Whose tokens it takes; undefined: a public caller's. */
  readonly principal: Principal | undefined;
  readonly signal: AbortSignal;
}

/** Answers a question about this platform, metered like every other call. @throws AppError */
export type AnswerQuestion = (question: HubQuestion) => Promise<HubAnswer>;

export interface AnswerToolsOptions {
  readonly askName: string;
  readonly brandName: string;
  readonly answer: AnswerQuestion;
  readonly searchFaq: AnswerSources['searchFaq'];
  /** Address of a page that an entry names. */
  readonly urlOf: (source: string) => string | undefined;
}

const lang = z.enum(['de', 'en']).optional().describe('Language of the answer; default: that of the question');

function askTool({ askName, brandName, answer }: AnswerToolsOptions): Tool {
  return typedTool({
    name: askName,
    title: `Ask ${brandName}`,
    description: `Answers a question about ${brandName} in Markdown with citations: its API, keys, plans, errors, versions and offers. Use it for any question that the other tools do not answer.`,
    input: z.strictObject({
      query: z.string().trim().min(1).max(4_000).describe('The question, in German or English'),
      lang,
    }),
    output: z.object({
      answer: z.string().describe('Markdown'),
      source: z.string(),
      citations: z.array(z.string()),
      follow_up: z.array(z.string()),
    }),
    handle: async ({ query, lang: wanted }, { principal, signal }) => {
      const given = await answer({ text: query, lang: wanted, principal, signal });
      return { ...given, citations: [...given.citations], follow_up: [...given.follow_up] };
    },
  });
}

function faqTool({ brandName, searchFaq, urlOf }: AnswerToolsOptions): Tool {
  return typedTool({
    name: 'faq_lookup',
    title: 'Frequent questions',
    description: `Finds the entries of ${brandName}’s FAQ nearest to a question, best first, with a score from 0 to 1. Use it for short, common questions.`,
    input: z.strictObject({
      question: z.string().trim().min(1).max(1_000).describe('The question, in German or English'),
      lang,
      limit: z.int().min(1).max(10).default(3).describe('Most entries wanted'),
    }),
    output: z.object({
      matches: z.array(
        z.object({
          id: z.string(),
          question: z.string(),
          answer: z.string(),
          score: z.number(),
          url: z.string().nullable(),
        }),
      ),
    }),
    handle: async ({ question, lang: wanted, limit }) => {
      const found = await searchFaq(question, wanted ?? detectLanguage(question), limit);
      return {
        matches: found.map(({ id, question: asked, answer: text, score, page }) => ({
          ...{ id, question: asked, answer: text, score },
          url: page === null ? null : (urlOf(`docs/guide/${page}`) ?? null),
        })),
      };
    },
  });
}

/** Questions about the platform: one answer with citations, or the nearest entries of the FAQ. */
export function answerTools(options: AnswerToolsOptions): Tool[] {
  return [askTool(options), faqTool(options)];
}
