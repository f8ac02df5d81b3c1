const names: Readonly<Record<string, string>> = {
  rpm: 'Requests / min',
  tpm: 'Tokens / min',
  tpd: 'Tokens / d',
  tpmonth: 'Tokens / month',
};

/** A limit as people say it; the short names are those of the rate limit headers. */
export function limitName(name: string): string {
  return names[name] ?? name;
}
