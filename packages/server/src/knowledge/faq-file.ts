import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorCode, errorMessage } from '../errors.ts';
import { StartError } from '../start-error.ts';

const wording = z.string().trim().min(3).max(300);

const inLanguage = z.strictObject({
  question: wording,
  also: z.array(wording).default([]),
  answer: z.string().trim().min(1).max(4_000),
});

const faqFile = z
  .array(
    z.strictObject({
      id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
      page: z.string().nullable().default(null),
      en: inLanguage.optional(),
      de: inLanguage.optional(),
    }),
  )
  .refine((entries) => new Set(entries.map(({ id }) => id)).size === entries.length, 'an id is there twice');

/** A question people ask, as a preset's `content/faq.yaml` has it. */
export type FaqFile = z.output<typeof faqFile>;

/** @throws StartError naming the place of the fault; a preset without the file has no entries */
export async function readFaq(presetFolder: string): Promise<FaqFile> {
  let text: string;
  try {
    text = await readFile(join(presetFolder, 'content', 'faq.yaml'), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw new StartError(`content/faq.yaml of the preset cannot be read (${errorCode(error) ?? 'unknown reason'})`);
  }
  try {
    return faqFile.parse(parse(text) ?? []);
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, ' ') : errorMessage(error);
    throw new StartError(`content/faq.yaml of the preset is not valid: ${reason}`);
  }
}
