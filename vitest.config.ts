import { defineConfig } from 'vitest/config';
import { ClosingLineReporter } from './scripts/closing-line-reporter.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What is waited for comes later on a busy machine.
    expect: { poll: { timeout: 10_000 } },
    reporters: ['default', new ClosingLineReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['packages/**/src/**/*.test.ts', 'scripts/*.test.ts'],
          globalSetup: ['packages/server/src/testing/global-setup.ts'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Real processes under load: after the others, so that both have the machine for themselves.
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          globalSetup: ['e2e/build-console.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
