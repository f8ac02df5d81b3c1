import type { Config } from './config/schema.ts';
import type { FirstRun } from './first-run.ts';

export interface StartReport {
  readonly config: Config;
  readonly found: readonly {
    readonly upstream: string;
    readonly from: string;
    readonly models: readonly string[];
    readonly assumed: boolean;
  }[];
  readonly failed: readonly { readonly from: string; readonly reason: string }[];
  readonly first: FirstRun | undefined;
  readonly elapsedMs: number;
  readonly write: (text: string) => void;
}

function modelLine(models: readonly string[]): string {
  const shown = models.slice(0, 6).join(', ');
  return models.length > 6 ? `${shown} and ${models.length - 6} more` : shown;
}

/** What a person at the terminal reads when the server is up. Goes to stderr: stdout is for JSON logs. */
export function printStart({ config, found, failed, first, elapsedMs, write }: StartReport): void {
  const { brand, models } = config.settings;
  const lines = [
    '',
    `  ${brand.name} on Turnpike is ready at ${config.publicUrl} (${elapsedMs} ms)`,
    '',
    `  Models         ${modelLine(Object.keys(models))}`,
    ...found.map(
      ({ from, models: names, assumed }) =>
        `  ${assumed ? 'Offered       ' : 'Found         '} ${from}: ${modelLine(names)}`,
    ),
    ...failed.map(({ from, reason }) => `  No answer yet  ${from}: ${reason}`),
    `  Console        ${config.publicUrl}/console`,
    `  Documentation  ${config.publicUrl}/developers/quickstart.md`,
    `  Health         ${config.publicUrl}/api/status.php`,
    `  Data           ${config.databaseUrl === undefined ? `${config.dataDir} (embedded database: one process, for evaluation)` : 'PostgreSQL server'}`,
  ];
  if (first !== undefined) {
    lines.push(
      '',
      '  Your first API key. It is shown only this once:',
      '',
      `    ${first.key}`,
      '',
      '  Try it (no provider key and no network needed):',
      '',
      `    curl -N ${config.publicUrl}/v1/chat/completions -H "Authorization: Bearer ${first.key}" -H "Content-Type: application/json" -d '{"model":"turnpike-demo","stream":true,"messages":[{"role":"user","content":"How do rate limits work?"}]}'`,
    );
  }
  write(`${lines.join('\n')}\n\n`);
}
