import { composeAnswer, suggestedQuestions } from './answer.ts';
import { detectLanguage, type Language } from './language.ts';
import type { Passage } from './passage.ts';
import type { FaqMatch } from './search-faq.ts';
import { sureScore } from './search-faq.ts';

/** A page that has to do with a question. */
export interface Reference {
  /** Path of a document from the project's root with its fragment: `docs/guide/limits.md#plans`. */
  readonly source: string;
  readonly title: string;
  readonly text: string;
  /** 0 to 1. */
  readonly score: number;
}

/** How a question is to be answered, and by what. */
export interface AnswerPlan {
  readonly language: Language;
  /** `faq:<id>`, `tool:<name>`, `llm:<model>` or `demo`. */
  readonly source: string;
  /** The answer itself; absent: a model is to write it from `references`. */
  readonly text?: string;
  readonly references: readonly Reference[];
  readonly followUp: readonly string[];
}

export interface AnswerSources {
  readonly searchFaq: (query: string, language: Language, limit: number) => Promise<readonly FaqMatch[]>;
  readonly searchPassages: (query: string) => Promise<readonly Passage[]>;
  /** Answers by a tool, where a question is surely one for it; undefined: none is, or it failed. Absent: no tools. */
  readonly askTool?: (query: string, language: Language) => Promise<ToolAnswer | undefined>;
}

export interface ToolAnswer {
  readonly name: string;
  readonly text: string;
}

const mostFollowUps = 3;
/** How much of a passage is quoted to a model or as a description. */
const quotedCharacters = 1_500;

function referenceOf({ source, anchor, headingPath, title, body, score }: Passage, best: number): Reference {
  return {
    source: anchor === '' ? source : `${source}#${anchor}`,
    title: [headingPath, title].filter((part) => part !== '').join(' › '),
    text: body.slice(0, quotedCharacters),
    score: best === 0 ? 0 : Math.min(1, score / best),
  };
}

function faqReference({ page, question, answer, score }: FaqMatch): Reference[] {
  return page === null ? [] : [{ source: `docs/guide/${page}`, title: question, text: answer, score }];
}

/**
 * Decides how a question is answered: by an entry of the FAQ that it is surely about, by a tool, by a model with what was found,
 * else by what was found alone. What is not known here is said to be so, with the nearest questions.
 * @param options `lang`: the language asked for; else the question's. `model`: public name of the model that may write
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function planAnswer(
  { searchFaq, searchPassages, askTool }: AnswerSources,
  query: string,
  options: { readonly lang?: Language | undefined; readonly model?: string | undefined } = {},
): Promise<AnswerPlan> {
  const language = options.lang ?? detectLanguage(query);
  const frequent = await searchFaq(query, language, mostFollowUps + 1);
  const [best, ...others] = frequent;
  if (best !== undefined && best.score >= sureScore) {
    const followUp = others.map(({ question }) => question);
    return { language, source: `faq:${best.id}`, text: best.answer, references: faqReference(best), followUp };
  }
  const byTool = await askTool?.(query, language);
  if (byTool !== undefined) {
    const followUp = frequent.slice(0, mostFollowUps).map(({ question }) => question);
    return { language, source: `tool:${byTool.name}`, text: byTool.text, references: [], followUp };
  }
  const passages = await searchPassages(query);
  const references = passages.map((passage) => referenceOf(passage, passages[0]?.score ?? 0));
  const near = frequent.slice(0, mostFollowUps).map(({ question }) => question);
  const followUp = near.length > 0 ? near : [...suggestedQuestions(language)].slice(0, mostFollowUps);
  if (options.model !== undefined && references.length > 0)
    return { language, source: `llm:${options.model}`, references, followUp };
  return { language, source: 'demo', text: composeAnswer(query, passages, language), references, followUp };
}
