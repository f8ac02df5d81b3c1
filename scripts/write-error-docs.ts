import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { errorDocs } from './error-docs.ts';

/** Writes the page of error codes. A test says when it is out of date. */
const file = new URL('../docs/guide/errors.md', import.meta.url);
await writeFile(file, await format(errorDocs(), { ...(await resolveConfig(file)), filepath: file.pathname }));
