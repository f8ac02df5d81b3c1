import {
  companyInfo,
  consultingPackage,
  discoveryCall,
  hardwareBox,
  siteMeta,
  training,
} from '@turnpike/contract/hub-catalogues';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorCode, errorMessage } from '../errors.ts';
import { StartError } from '../start-error.ts';

/** `content/catalogues.yaml` of a preset. */
const cataloguesFile = z.strictObject({
  site: siteMeta.omit({ agentEntrypoints: true }).default({}),
  company: companyInfo.optional(),
  consulting: z.array(consultingPackage).default([]),
  training: z.array(training).default([]),
  hardware: z.array(hardwareBox).default([]),
  discovery_call: discoveryCall.optional(),
});

/** What a preset offers beside its API. */
export type Catalogues = z.output<typeof cataloguesFile>;

/** @throws StartError naming the file and the place of the fault; a preset without the file offers nothing */
export async function readCatalogues(presetFolder: string): Promise<Catalogues> {
  const path = join(presetFolder, 'content', 'catalogues.yaml');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return cataloguesFile.parse({});
    throw new StartError(
      `content/catalogues.yaml of the preset cannot be read (${errorCode(error) ?? 'unknown reason'})`,
    );
  }
  try {
    return cataloguesFile.parse(parse(text) ?? {});
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, ' ') : errorMessage(error);
    throw new StartError(`content/catalogues.yaml of the preset is not valid: ${reason}`);
  }
}
