export type Period = 'day' | 'week' | 'month' | 'year';
export type Step = 'hour' | 'day' | 'month';

const dayMs = 86_400_000;

/** How far back a period goes, and in which steps it is shown. */
export function rangeOf(period: Period, nowMs: number): { readonly fromMs: number; readonly step: Step } {
  switch (period) {
    case 'day':
      return { fromMs: nowMs - dayMs, step: 'hour' };
    case 'week':
      return { fromMs: nowMs - 7 * dayMs, step: 'day' };
    case 'month':
      return { fromMs: nowMs - 30 * dayMs, step: 'day' };
    case 'year':
      return { fromMs: nowMs - 365 * dayMs, step: 'month' };
  }
}

function label(step: Step, time: number): string {
  const text = new Date(time).toISOString();
  if (step === 'hour') return `${text.slice(0, 13)}:00:00Z`;
  return step === 'day' ? text.slice(0, 10) : text.slice(0, 7);
}

/** All steps of a period, as the API names them, those without usage too. */
export function stepsOf(period: Period, nowMs: number): string[] {
  const { fromMs, step } = rangeOf(period, nowMs);
  const strideMs = step === 'hour' ? dayMs / 24 : dayMs;
  const labels = new Set<string>();
  for (let time = fromMs; time <= nowMs; time += strideMs) labels.add(label(step, time));
  labels.add(label(step, nowMs));
  return [...labels];
}
