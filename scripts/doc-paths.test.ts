import { describe, expect, test } from 'vitest';
import { headingAnchors, relativeLinks, repositoryPaths } from './doc-paths.ts';

describe('relativeLinks', () => {
  test('finds inline links, images, titles and references', () => {
    const page = '[a](docs/a.md) ![b](<b.png>) [c](c.md#part "title")\n\n[d]: ../d.md\n';
    expect(relativeLinks(page)).toEqual([
      { path: 'docs/a.md' },
      { path: 'b.png' },
      { path: 'c.md', anchor: 'part' },
      { path: '../d.md' },
    ]);
  });

  test('knows a link into the same page', () => {
    expect(relativeLinks('[a](#here)')).toEqual([{ path: '', anchor: 'here' }]);
  });

  test('leaves out the web, mail and code', () => {
    const page = '[a](https://example.com/a.md) [b](mailto:a@example.com) `[c](c.md)`\n\n```md\n[d](d.md)\n```\n';
    expect(relativeLinks(page)).toEqual([]);
  });
});

describe('headingAnchors', () => {
  test('makes the anchors that GitHub makes', () => {
    const page = '# What it *does*\n\n## `npm start`: first run\n\n## Größe & Maß\n\n### RATE_LIMIT_EXCEEDED\n';
    expect(headingAnchors(page)).toEqual(
      new Set(['what-it-does', 'npm-start-first-run', 'größe--maß', 'rate_limit_exceeded']),
    );
  });

  test('numbers repeated headings and leaves out comments in code', () => {
    expect(headingAnchors('# A\n\n# A\n\n```bash\n# B\n```\n')).toEqual(new Set(['a', 'a-1']));
  });
});

describe('repositoryPaths', () => {
  test('finds files and folders of the repository', () => {
    expect(repositoryPaths('`packages/server/src/app.ts` and `docs/` and `CHANGELOG.md` and `.ci/run`')).toEqual([
      'packages/server/src/app.ts',
      'docs/',
      'CHANGELOG.md',
      '.ci/run',
    ]);
  });

  test('keeps what comes before a placeholder', () => {
    expect(repositoryPaths('`packages/server/src/<capability>/store.ts` `docs/decisions/*.md`')).toEqual([
      'packages/server/src/',
      'docs/decisions/',
    ]);
  });

  test('leaves out routes, packages, commands and code', () => {
    expect(
      repositoryPaths('`/v1/models` `@turnpike/contract` `npm test` `store.ts`\n\n```\n`docs/x.md`\n```\n'),
    ).toEqual([]);
  });
});
