import { AppError } from '../../../errors.ts';

/**
 * The first thing of a request that OpenAI's chat has no words for. Reading goes on: an upstream that speaks Anthropic's
 * API gets the request as it came and does not need the translation.
 */
export class TranslationGap {
  #error: AppError | undefined;

  /**
   * @param param the field as the caller wrote it: `messages.0.content.1.source`
   * @param what what is wrong with it and the way out: a sentence
   */
  note(param: string, what: string): void {
    this.#error ??= new AppError('INVALID_REQUEST', `${param}: ${what}`, { param });
  }

  get error(): AppError | undefined {
    return this.#error;
  }
}

/** What is said of a part that only Anthropic's own models know. */
export function onlyNative(what: string): string {
  return `${what} is understood only by models whose server speaks Anthropic’s API; leave it out or choose such a model.`;
}
