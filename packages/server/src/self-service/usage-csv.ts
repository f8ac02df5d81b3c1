import type { UsageRow } from '../usage/usage-query.ts';

/** A field for a spreadsheet: quoted, and never taken for a formula (OWASP, "CSV Injection"). */
function field(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Rows of a usage report as RFC 4180 has it, the dimensions first. */
export function usageCsv(rows: readonly UsageRow[], dimensions: readonly string[]): string {
  const sums = [
    ...['requests', 'errors', 'prompt_tokens', 'completion_tokens', 'cached_tokens', 'reasoning_tokens'],
    ...['total_tokens', 'average_duration_ms', 'cost', 'currency'],
  ];
  const columns = [...dimensions.filter((name) => name !== 'currency'), ...sums];
  const lines = rows.map((row) => columns.map((name) => field(row[name] ?? '')).join(','));
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`;
}
