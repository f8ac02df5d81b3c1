import { detectLanguage, isSmallWord, type Language } from './language.ts';
import type { Passage } from './passage.ts';
import type { FaqMatch } from './search-faq.ts';
import { searchWords } from './search-terms.ts';
import { splitBlocks } from './split-markdown.ts';

/** A quotation is about so long at most; a passage that is shorter is quoted whole. */
const quotedCharacters = 2_000;
/** When less than this fits the question, the passage is quoted on from its beginning. */
const leastQuotedCharacters = 600;
const mostSources = 3;
/** A further source is named when it fits at least so well, compared with the best. */
const furtherSourceShare = 0.6;

const phrases = {
  en: {
    found: (title: string) => `The documentation says under “${title}”:`,
    sources: 'Sources:',
    nothing:
      'I found nothing about that in the documentation. I am the built-in demo model: I look answers up in the documentation of this server and do not make any up. You can ask me, for example:',
    questions: [
      'How do I rotate a key?',
      'What does RATE_LIMIT_EXCEEDED mean?',
      'How do I stream an answer?',
      'How do I add Ollama?',
    ],
  },
  de: {
    found: (title: string) => `In der Dokumentation steht unter „${title}“:`,
    sources: 'Quellen:',
    nothing:
      'Dazu habe ich in der Dokumentation nichts gefunden. Ich bin das eingebaute Demo-Modell: Ich schlage Antworten in der Dokumentation dieses Servers nach und erfinde keine. Fragen Sie mich zum Beispiel:',
    questions: [
      'Wie erneuere ich einen Schlüssel?',
      'Welche Limits gibt es?',
      'Wie streame ich eine Antwort?',
      'Wie wird die Nutzung abgerechnet?',
    ],
  },
} as const;

interface Unit {
  readonly text: string;
  /** Stands before the unit when it follows another: a blank line, a line break or a space. */
  readonly joint: '\n\n' | '\n' | ' ';
  /** Stands alone badly: code and rows belong to what introduces them. */
  readonly leans: boolean;
}

/** Questions that the model itself proposes. */
export function suggestedQuestions(language: Language): readonly string[] {
  return phrases[language].questions;
}

function unitsOfBlock(block: string): Unit[] {
  if (/^\s*(`{3,}|~{3,})/.test(block)) return [{ text: block, joint: '\n\n', leans: true }];
  const lines = block.split('\n');
  if (lines.every((line) => line.trim().startsWith('|'))) {
    const head = lines.slice(0, 2).join('\n');
    return [
      { text: head, joint: '\n\n', leans: false },
      ...lines.slice(2).map((text): Unit => ({ text, joint: '\n', leans: false })),
    ];
  }
  if (/^\s*([-*+]|\d+[.)])\s/.test(block)) {
    const items = block.split(/\n(?=\s*(?:[-*+]|\d+[.)])\s)/);
    return items.map((text, index): Unit => ({ text, joint: index === 0 ? '\n\n' : '\n', leans: false }));
  }
  const sentences = block.replace(/\s*\n\s*/g, ' ').split(/(?<=[.!?])\s+(?=[\p{Lu}`"“„([*\d])/u);
  return sentences.map((text, index): Unit => ({ text, joint: index === 0 ? '\n\n' : ' ', leans: false }));
}

/** Two words are taken for forms of one when they share their beginning. */
function sameWord(left: string, right: string): boolean {
  if (left === right) return true;
  const needed = Math.max(4, Math.min(left.length, right.length) - 2);
  return left.slice(0, needed) === right.slice(0, needed) && Math.abs(left.length - right.length) <= 4;
}

function relevance(unit: Unit, words: readonly string[]): number {
  const own = unit.text.toLowerCase().match(/[\p{L}\p{N}_-]+/gu) ?? [];
  return words.filter((word) => own.some((candidate) => sameWord(word, candidate))).length;
}

/** The sentences that have most of the question's words, in their order, with the code they introduce. */
function quote(body: string, question: string): string {
  if (body.length <= quotedCharacters) return body;
  const units = splitBlocks(body).flatMap(unitsOfBlock);
  const words = searchWords(question)
    .map((word) => word.toLowerCase())
    .filter((word) => !isSmallWord(word));
  const ranked = units
    .map((unit, index) => ({ index, unit, worth: relevance(unit, words) + (index === 0 ? 0.5 : 0) }))
    .sort((left, right) => right.worth - left.worth || left.index - right.index);
  const chosen = new Set<number>();
  let characters = 0;
  const take = (index: number) => {
    const unit = units[index];
    if (unit === undefined || chosen.has(index)) return;
    if (chosen.size > 0 && characters + unit.text.length > quotedCharacters) return;
    chosen.add(index);
    characters += unit.text.length;
    if (unit.leans || unit.text.trimEnd().endsWith(':')) takeCompanion(index, unit.leans ? -1 : 1);
  };
  const takeCompanion = (index: number, step: -1 | 1) => {
    take(index + step);
  };
  for (const { index, worth } of ranked) if (worth > 0) take(index);
  for (let index = 0; index < units.length && characters < leastQuotedCharacters; index += 1) take(index);
  return join(
    units,
    [...chosen].sort((left, right) => left - right),
  );
}

function join(units: readonly Unit[], indexes: readonly number[]): string {
  let text = '';
  let before = -1;
  for (const index of indexes) {
    const unit = units[index];
    if (unit === undefined) continue;
    // What was left out between two sentences is a break between two paragraphs.
    const joint = index === before + 1 ? unit.joint : unit.joint === '\n' ? '\n' : '\n\n';
    text += text === '' ? unit.text.slice(0, quotedCharacters * 2) : joint + unit.text;
    before = index;
  }
  return text;
}

function fullTitle({ headingPath, title, source }: Passage): string {
  return [headingPath, title].filter((part) => part !== '').join(' › ') || source;
}

function sourceList(passages: readonly Passage[]): string {
  const best = passages[0]?.score ?? 0;
  const lines = passages
    .filter((passage) => passage.score >= best * furtherSourceShare)
    .map(
      (passage) => `- [${fullTitle(passage)}](${passage.source}${passage.anchor === '' ? '' : `#${passage.anchor}`})`,
    );
  return [...new Set(lines)].slice(0, mostSources).join('\n');
}

/**
 * Composes an answer in Markdown from what search found, best first: the sentences of the best passage that fit the
 * question, then the sources. Passages are quoted, never obeyed.
 */
export function composeAnswer(
  question: string,
  passages: readonly Passage[],
  language: Language = detectLanguage(question),
): string {
  const phrase = phrases[language];
  const best = passages[0];
  if (best === undefined) return `${phrase.nothing}\n\n${phrase.questions.map((example) => `- ${example}`).join('\n')}`;
  return `${phrase.found(fullTitle(best))}\n\n${quote(best.body, question)}\n\n${phrase.sources}\n${sourceList(passages)}`;
}

/** An answer that was written for the question, and where to read on. */
export function composeFrequentAnswer({ answer, question, language, page }: FaqMatch): string {
  return page === null ? answer : `${answer}\n\n${phrases[language].sources}\n- [${question}](docs/guide/${page})`;
}
