import { glob, readFile, stat } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import { headingAnchors, relativeLinks, repositoryPaths } from './doc-paths.ts';

/** Fails when a page links to a file or heading that is not there, or a guide for contributors names such a path. */

const root = join(import.meta.dirname, '..');
const pagesThatNamePaths = ['AGENTS.md', 'CONTRIBUTING.md', 'docs/architecture.md'];

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function linkProblems(page: string, markdown: string): Promise<string[]> {
  const problems: string[] = [];
  for (const { path, anchor } of relativeLinks(markdown)) {
    const target = path === '' ? page : normalize(join(dirname(page), path));
    const shown = anchor === undefined ? path : `${path}#${anchor}`;
    if (target.startsWith('..')) problems.push(`${page}: the link ${shown} leads out of the repository`);
    else if (!(await exists(join(root, target)))) problems.push(`${page}: the link ${shown} leads nowhere`);
    else if (anchor !== undefined && target.endsWith('.md')) {
      const anchors = headingAnchors(await readFile(join(root, target), 'utf8'));
      if (!anchors.has(anchor)) problems.push(`${page}: the link ${shown} names no heading of ${target}`);
    }
  }
  return problems;
}

async function pathProblems(page: string, markdown: string): Promise<string[]> {
  const problems: string[] = [];
  for (const path of repositoryPaths(markdown)) {
    if (!(await exists(join(root, path)))) problems.push(`${page}: \`${path}\` does not exist`);
  }
  return problems;
}

const pages = await Array.fromAsync(glob(['*.md', 'docs/**/*.md'], { cwd: root }), (page) => relative('', page));
const problems: string[] = [];
for (const page of pages.sort()) {
  const markdown = await readFile(join(root, page), 'utf8');
  problems.push(...(await linkProblems(page, markdown)));
  if (pagesThatNamePaths.includes(page)) problems.push(...(await pathProblems(page, markdown)));
}
for (const page of pagesThatNamePaths) {
  if (!pages.includes(page)) problems.push(`${page} is missing`);
}

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${pages.length} pages, every link and path leads somewhere`);
process.exitCode = problems.length === 0 ? 0 : 1;
