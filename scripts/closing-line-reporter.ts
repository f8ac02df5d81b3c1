import type { Reporter, TestModule } from 'vitest/node';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The line that programs read, alone on its line after everything else. */
export function closingLine({ passed, failed, skipped }: TestCounts): string {
  return `tests: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function countModule(testModule: TestModule): TestCounts {
  const states = Array.from(testModule.children.allTests(), (test) => test.result().state);
  const count = (state: (typeof states)[number]) => states.filter((each) => each === state).length;
  const failed = count('failed');
  // A file that could not be loaded, or whose hook failed, has no failed test of its own: it counts as one.
  const failedOutside = failed === 0 && testModule.state() === 'failed' ? 1 : 0;
  return { passed: count('passed'), failed: failed + failedOutside, skipped: count('skipped') + count('pending') };
}

/** Ends a run with one line of fixed form. An error outside any test counts as a failure. */
export class ClosingLineReporter implements Reporter {
  onTestRunEnd(testModules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = testModules.map(countModule);
    const sum = (key: keyof TestCounts) => counts.reduce((total, each) => total + each[key], 0);
    const failed = sum('failed') + unhandledErrors.length;
    console.log(`\n${closingLine({ passed: sum('passed'), failed, skipped: sum('skipped') })}`);
  }
}
