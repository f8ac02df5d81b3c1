import { AppError } from '../errors.ts';
import { isDay, startOfDay } from './calendar.ts';
import { phaseAt, timelineOf, type Phase, type Timeline } from './lifecycle.ts';
import type { Shape, VersionChange, VersionDeclaration, VersionedEvent } from './version-change.ts';

/** A version as requests meet it. */
export interface Version {
  readonly name: string;
  readonly declaration: VersionDeclaration;
  /** undefined while nothing has replaced it. */
  readonly timeline: Timeline | undefined;
  /** Newest first: what answers are downgraded by. */
  readonly changesSince: readonly VersionChange[];
}

/** How one version speaks on one route. Members are undefined where nothing differs, so that nothing is done. */
export interface Translation {
  /** The version does not have the route. */
  readonly isMissing: boolean;
  readonly upgradeRequest: ((body: Shape) => Shape) | undefined;
  readonly downgradeResponse: ((body: Shape) => Shape) | undefined;
  readonly downgradeEvent: ((event: VersionedEvent) => VersionedEvent | undefined) | undefined;
  readonly downgradeError: ((error: Shape) => Shape) | undefined;
}

export interface VersionRegistry {
  readonly versions: readonly Version[];
  /** The newest version that is no preview. */
  readonly latest: Version;
  find(name: string): Version | undefined;
  /**
   * The effective version of a request: what the header asks for, else the key's pin, else the latest.
   * @throws AppError INVALID_API_VERSION naming the supported ones
   */
  resolve(header: string | undefined, pin: string | undefined): Version;
  phase(version: Version, nowMs: number): Phase;
  translation(version: Version, route: string): Translation;
}

const form = /^(\d{4}-\d{2}-\d{2})(-preview)?$/;

function touches(change: VersionChange, route: string): boolean {
  return change.routes === undefined || change.routes.includes(route);
}

/** Chains the steps of all changes that have one; undefined when none has. */
function chain<Value>(
  steps: readonly (((value: Value) => Value) | undefined)[],
): ((value: Value) => Value) | undefined {
  const present = steps.filter((step) => step !== undefined);
  return present.length === 0 ? undefined : (value) => present.reduce((current, step) => step(current), value);
}

function chainEvents(steps: readonly VersionChange['downgradeEvent'][]): Translation['downgradeEvent'] {
  const present = steps.filter((step) => step !== undefined);
  if (present.length === 0) return undefined;
  return (event) => {
    let current: VersionedEvent | undefined = event;
    for (const step of present) current = current === undefined ? undefined : step(current);
    return current;
  };
}

function translate(version: Version, route: string): Translation {
  const newestFirst = version.changesSince.filter((change) => touches(change, route));
  return {
    isMissing: version.changesSince.some((change) => change.addedRoutes?.includes(route) === true),
    upgradeRequest: chain(newestFirst.toReversed().map((change) => change.upgradeRequest)),
    downgradeResponse: chain(newestFirst.map((change) => change.downgradeResponse)),
    downgradeEvent: chainEvents(newestFirst.map((change) => change.downgradeEvent)),
    downgradeError: chain(newestFirst.map((change) => change.downgradeError)),
  };
}

function byDate(left: VersionDeclaration, right: VersionDeclaration): number {
  const days = startOfDay(left.version.slice(0, 10)) - startOfDay(right.version.slice(0, 10));
  return days !== 0 ? days : left.version.length - right.version.length;
}

function build(declarations: readonly VersionDeclaration[]): Version[] {
  const ordered = declarations.toSorted(byDate);
  return ordered.map((declaration, index) => ({
    name: declaration.version,
    declaration,
    timeline: declaration.deprecatedAt === undefined ? undefined : timelineOf(declaration.deprecatedAt),
    changesSince: ordered
      .slice(index + 1)
      .flatMap((newer) => [...newer.changes])
      .toReversed(),
  }));
}

function refusal(given: string, supported: readonly Version[]): AppError {
  const list = supported.map((version) => version.name).join(', ');
  const date = form.exec(given)?.[1];
  const shown = JSON.stringify(given.slice(0, 40));
  const why =
    date === undefined
      ? `${shown} is not of the form YYYY-MM-DD or YYYY-MM-DD-preview`
      : isDay(date)
        ? `there is no version ${shown}`
        : `${shown} is not a day of the calendar`;
  return new AppError('INVALID_API_VERSION', `API-Version: ${why}. Supported: ${list}.`, { param: 'API-Version' });
}

/** @throws Error when the declarations name no version that is no preview */
export function createVersionRegistry(declarations: readonly VersionDeclaration[]): VersionRegistry {
  const versions = build(declarations);
  const byName = new Map(versions.map((version) => [version.name, version]));
  const latest = versions.findLast((version) => version.declaration.status === 'supported');
  if (latest === undefined) throw new Error('no version is declared that is no preview');
  const translations = new Map<string, Translation>();
  return {
    versions,
    latest,
    find: (name) => byName.get(name),
    resolve: (header, pin) => {
      if (header === undefined || header === '') return (pin === undefined ? undefined : byName.get(pin)) ?? latest;
      const version = byName.get(header.trim());
      if (version === undefined) throw refusal(header, versions);
      return version;
    },
    phase: (version, nowMs) => (version.timeline === undefined ? 'supported' : phaseAt(version.timeline, nowMs)),
    translation: (version, route) => {
      const id = `${version.name} ${route}`;
      const known = translations.get(id);
      if (known !== undefined) return known;
      const fresh = translate(version, route);
      translations.set(id, fresh);
      return fresh;
    },
  };
}
