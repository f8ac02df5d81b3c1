/** One thing wrong with the configuration, in words an operator can act on. Never holds a secret. */
export interface Problem {
  /** The variable or the path of the yaml key, with its file where there are several: `plans.free.title (my.yaml)`. */
  readonly key: string;
  /** As it ends `found …`: usually the value in quotes. */
  readonly found: string;
  /** As it ends `allowed: …`. */
  readonly allowed: string;
}

/** Stops the start. Its message is one line, meant for the operator, and holds no secret. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(oneLine(message));
    this.name = 'ConfigError';
  }
}

/** The first problem in full and how many more there are, as one line. */
export function configErrorOf(problems: readonly [Problem, ...Problem[]]): ConfigError {
  const [first, ...others] = problems;
  const more = others.length === 0 ? '' : ` (and ${String(others.length)} more)`;
  return new ConfigError(`${first.key}: found ${first.found}; allowed: ${first.allowed}${more}`);
}

const longestQuoted = 80;

/** A value as it may be shown in a message: quoted, on one line, shortened. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > longestQuoted ? `${text.slice(0, longestQuoted)}…` : text);
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n\u2028\u2029]+\s*/g, ' ');
}
