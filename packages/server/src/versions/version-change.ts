/** A JSON object of a request or an answer. */
export type Shape = Readonly<Record<string, unknown>>;

export interface VersionedEvent {
  /** The SSE event name; undefined for unnamed events. */
  readonly name: string | undefined;
  readonly data: string;
}

/**
 * One difference between a version and the one before it. It knows how to speak the older contract: requests are
 * upgraded oldest change first, answers and stream events downgraded newest change first. Routes are named as in
 * OpenAPI: `/api/jobs/{id}`.
 */
export interface VersionChange {
  readonly id: string;
  readonly title: string;
  /** For the changelog, Markdown. */
  readonly description: string;
  /** For the migration guide, Markdown: what a client does to move on. */
  readonly migration: string;
  /** Routes that older versions do not have. */
  readonly addedRoutes?: readonly string[];
  /** The routes whose bodies change; absent: all. */
  readonly routes?: readonly string[];
  readonly upgradeRequest?: (body: Shape) => Shape;
  readonly downgradeResponse?: (body: Shape) => Shape;
  /** undefined: older versions did not send such an event. */
  readonly downgradeEvent?: (event: VersionedEvent) => VersionedEvent | undefined;
  /** Changes the `error` member of an error answer. */
  readonly downgradeError?: (error: Shape) => Shape;
}

/** A dated contract. It is declared once, in declarations.ts. */
export interface VersionDeclaration {
  readonly version: string;
  readonly status: 'supported' | 'preview';
  /** The day it was published; for a preview the day it was offered. */
  readonly publishedAt: string;
  /** The day its twelve months began: when its successor was published. */
  readonly deprecatedAt?: string;
  readonly summary: string;
  /** What is new in it. */
  readonly changes: readonly VersionChange[];
}
