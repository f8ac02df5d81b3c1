import { dayOf } from '../versions/calendar.ts';
import { phaseAt, type Phase } from '../versions/lifecycle.ts';
import type { Version, VersionRegistry } from '../versions/version-registry.ts';

const phaseWords: Readonly<Record<Phase, string>> = {
  supported: 'supported',
  deprecated: 'deprecated',
  'final-month': 'deprecated, in its last month',
  retired: 'retired',
};

function statusOf(version: Version, nowMs: number): string {
  if (version.declaration.status === 'preview') return 'preview';
  return version.timeline === undefined ? 'current' : phaseWords[phaseAt(version.timeline, nowMs)];
}

/** What each version brought, newest first: Markdown made from the declarations. */
export function renderChangelog(registry: VersionRegistry): string {
  const sections = registry.versions.toReversed().map(({ declaration }) => {
    const changes = declaration.changes.map((change) => `### ${change.title}\n\n${change.description}`);
    return [`## ${declaration.version}`, declaration.summary, ...changes].join('\n\n');
  });
  const lead =
    'What each dated version of the API brought, newest first. How versions are asked for, and how long an old one goes on, is told under [API versions](/developers/api-versioning).';
  return `# API changelog\n\n${lead}\n\n${sections.join('\n\n')}\n`;
}

/** How versions work, where each stands today, and how to move from each to the next: Markdown made from the declarations. */
export function renderVersioning(registry: VersionRegistry, nowMs: number): string {
  const rows = registry.versions.toReversed().map((version) => {
    const { timeline } = version;
    return `| ${version.name} | ${statusOf(version, nowMs)} | ${version.declaration.deprecatedAt ?? '–'} | ${timeline === undefined ? '–' : dayOf(timeline.sunsetAtMs)} |`;
  });
  const guides = registry.versions
    .filter(({ changesSince }) => changesSince.length > 0)
    .toReversed()
    .map((version) =>
      [
        `## Moving on from ${version.name}`,
        ...version.changesSince.toReversed().map((change) => `- **${change.title}**: ${change.migration}`),
      ].join('\n\n'),
    );
  return (
    [
      '# API versions',
      'A version is a dated contract. Send `API-Version: YYYY-MM-DD` with a request; without it a key speaks the version it is pinned to, which is the latest at its first call. Every answer says which version it speaks in its `API-Version` header. Previews end in `-preview` and may change without notice.',
      'When a version is replaced it goes on for twelve months. From the first day its answers carry `Deprecation`, `Sunset` and `Link`; after six and eleven months the owners of keys that use it are written to; in the last month answers carry `Warning`; after twelve months the answer is 410.',
      ['| Version | Status | Deprecated | Retired |', '|---|---|---|---|', ...rows].join('\n'),
      ...guides,
    ].join('\n\n') + '\n'
  );
}
