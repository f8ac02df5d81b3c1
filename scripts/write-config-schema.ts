import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { overlayJsonSchema } from '../packages/server/src/config/json-schema.ts';

/** Writes the JSON Schema of TURNPIKE_CONFIG files for editors. A test says when it is out of date. */
const file = join(import.meta.dirname, '../docs/turnpike.schema.json');
const text = JSON.stringify(overlayJsonSchema(), null, 2);
await writeFile(file, await format(text, { ...(await resolveConfig(file)), filepath: file }));
