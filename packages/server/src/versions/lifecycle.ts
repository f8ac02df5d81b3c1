import { addMonths, startOfDay, type Day } from './calendar.ts';

/** How far the twelve months of a deprecated contract have run (S2). */
export type Phase = 'supported' | 'deprecated' | 'final-month' | 'retired';

/** The instants of a deprecation, in milliseconds since the Unix epoch. */
export interface Timeline {
  readonly deprecatedAtMs: number;
  readonly firstNoticeAtMs: number;
  readonly finalNoticeAtMs: number;
  readonly sunsetAtMs: number;
}

export type NoticeKind = 'six-months' | 'final-month';

/** Six, eleven and twelve calendar months after the day of deprecation. */
export function timelineOf(deprecatedAt: Day): Timeline {
  return {
    deprecatedAtMs: startOfDay(deprecatedAt),
    firstNoticeAtMs: addMonths(deprecatedAt, 6),
    finalNoticeAtMs: addMonths(deprecatedAt, 11),
    sunsetAtMs: addMonths(deprecatedAt, 12),
  };
}

export function phaseAt(timeline: Timeline, nowMs: number): Phase {
  if (nowMs >= timeline.sunsetAtMs) return 'retired';
  if (nowMs >= timeline.finalNoticeAtMs) return 'final-month';
  return nowMs >= timeline.deprecatedAtMs ? 'deprecated' : 'supported';
}

/** When the phase changes next; Infinity: never. */
export function nextInstant(timeline: Timeline | undefined, nowMs: number): number {
  if (timeline === undefined) return Number.POSITIVE_INFINITY;
  const instants = [timeline.deprecatedAtMs, timeline.finalNoticeAtMs, timeline.sunsetAtMs];
  return instants.find((instant) => instant > nowMs) ?? Number.POSITIVE_INFINITY;
}

/**
 * The notices that are due: after a long downtime only the newest, since the older one would say what is no longer
 * true. Once retired, none: the answers say it themselves.
 */
export function dueNotice(timeline: Timeline, nowMs: number): NoticeKind | undefined {
  if (nowMs >= timeline.sunsetAtMs) return undefined;
  if (nowMs >= timeline.finalNoticeAtMs) return 'final-month';
  return nowMs >= timeline.firstNoticeAtMs ? 'six-months' : undefined;
}

export interface DeprecationLinks {
  /** The page about the deprecation. */
  readonly deprecation: string;
  /** The contract to move to. */
  readonly successor: string;
}

export type DeprecationForm = 'rfc9745' | 'http-date';

/**
 * The headers of an answer under a deprecated contract, as flat name, value pairs: Deprecation (RFC 9745, or the
 * HTTP date older clients parse), Sunset (RFC 8594), Link, and Warning (RFC 7234 §5.5) in the last month.
 */
export function deprecationHeaders(
  subject: string,
  timeline: Timeline,
  nowMs: number,
  options: { readonly links: DeprecationLinks; readonly form: DeprecationForm },
): string[] {
  const phase = phaseAt(timeline, nowMs);
  if (phase === 'supported') return [];
  const { links, form } = options;
  const sunset = new Date(timeline.sunsetAtMs).toUTCString();
  const headers = [
    'Deprecation',
    form === 'rfc9745' ? `@${timeline.deprecatedAtMs / 1000}` : new Date(timeline.deprecatedAtMs).toUTCString(),
    'Sunset',
    sunset,
    'Link',
    `<${links.deprecation}>; rel="deprecation", <${links.successor}>; rel="successor-version", <${links.deprecation}>; rel="sunset"`,
  ];
  if (phase !== 'deprecated') headers.push('Warning', `299 - "${subject} will be retired on ${sunset}"`);
  return headers;
}
