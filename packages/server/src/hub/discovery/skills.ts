import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorCode, errorMessage } from '../../errors.ts';
import { StartError } from '../../start-error.ts';

/** An Agent Skill (agentskills.io, specification of SKILL.md), as it is served. */
export interface Skill {
  readonly name: string;
  readonly description: string;
  /** The whole SKILL.md. */
  readonly content: string;
  /** `sha256:` and 64 hexadecimal digits, of the bytes served. */
  readonly digest: string;
}

const frontMatter = z.object({
  name: z
    .string()
    .max(64)
    .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
  description: z.string().min(1).max(1_024),
  license: z.string().optional(),
  compatibility: z.string().max(500).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
});

/** How a skill names this server and its owner where it is written. */
const ownAddress = 'http://127.0.0.1:8420';
const brandMark = '{{brand}}';

function skillOf(folder: string, text: string): Skill {
  const [, head = ''] = /^---\n([\s\S]*?)\n---\n/.exec(text) ?? [];
  const parsed = frontMatter.safeParse(parse(head));
  if (!parsed.success)
    throw new StartError(`skill ${folder}: ${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ')}`);
  const { name, description } = parsed.data;
  if (name !== folder) throw new StartError(`skill ${folder}: its name must be that of its folder, not ${name}`);
  return { name, description, content: text, digest: `sha256:${hash('sha256', text, 'hex')}` };
}

async function readFolder(folder: string, fill: (text: string) => string): Promise<Skill[]> {
  let names: string[];
  try {
    names = (await readdir(folder)).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw new StartError(`the skills cannot be read: ${errorMessage(error)}`);
  }
  return Promise.all(
    names.map(async (name) => skillOf(name, fill(await readFile(join(folder, name, 'SKILL.md'), 'utf8')))),
  );
}

/**
 * The skills of the product and of the preset, of two with one name the preset's; addresses are this server's.
 * @throws StartError naming the skill and what is wrong with it
 */
export async function readSkills(options: {
  readonly folders: readonly string[];
  readonly publicUrl: string;
  readonly brandName: string;
}): Promise<readonly Skill[]> {
  const { folders, publicUrl, brandName } = options;
  const fill = (text: string) => text.replaceAll(ownAddress, publicUrl).replaceAll(brandMark, brandName);
  const all = await Promise.all(folders.map((folder) => readFolder(folder, fill)));
  return [...new Map(all.flat().map((skill) => [skill.name, skill])).values()];
}
