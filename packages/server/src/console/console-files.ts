import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../errors.ts';
import { createRepresentation, type Representation } from '../hub/pages/representation.ts';

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
};

/** As the build names files: one folder, a hash of the content in the name. */
const assetName = /^[\w-][\w.-]*\.(css|js|svg|png|woff2)$/;

/** What `npm run build` in packages/web has made. */
export interface ConsoleFiles {
  /** The page that loads the rest; undefined: the console is not built. */
  page(): Promise<Representation | undefined>;
  /** A file by its name in `assets/`; undefined: there is none. */
  asset(name: string): Promise<Representation | undefined>;
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param folder of the build; may appear and be replaced while the server runs */
export function createConsoleFiles(folder: string): ConsoleFiles {
  const kept = new Map<string, Representation>();
  return {
    page: async () => {
      const content = await readIfThere(join(folder, 'index.html'));
      return content === undefined ? undefined : createRepresentation(content, 'text/html; charset=utf-8');
    },
    asset: async (name) => {
      const known = kept.get(name);
      if (known !== undefined) return known;
      const extension = assetName.exec(name)?.[1];
      if (extension === undefined) return undefined;
      const content = await readIfThere(join(folder, 'assets', name));
      if (content === undefined) return undefined;
      const representation = createRepresentation(content, types[extension] ?? 'application/octet-stream');
      kept.set(name, representation);
      return representation;
    },
  };
}
