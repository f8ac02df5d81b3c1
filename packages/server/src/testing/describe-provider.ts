import { describe, expect, test } from 'vitest';
import type { Provider } from '../providers/provider.ts';
import { checkAnswers } from './describe-provider-answers.ts';
import {
  closedPort,
  createBench,
  refused,
  type ProviderTarget,
  type ProviderTraits,
} from './describe-provider-bench.ts';
import { checkFaults } from './describe-provider-faults.ts';

/**
 * What every provider that speaks HTTP must do, whatever its vendor's words: tried against a real server that answers
 * in them. Call it once in a provider's test file.
 * @param kind named in the title
 * @param open opens the provider under test for an upstream
 */
export function describeProvider(
  kind: string,
  open: (target: ProviderTarget) => Provider,
  traits: ProviderTraits,
): void {
  describe(`a provider of kind ${kind}`, () => {
    const bench = createBench(open, traits);
    checkAnswers(bench);
    checkFaults(bench);

    test('lists the models of its upstream', async () => {
      const names = await bench.open().listModels(AbortSignal.timeout(5_000));
      expect(names).toEqual(expect.arrayContaining(['m1', 'm2']));
    });

    test('says so when nobody is there', async () => {
      const port = String(await closedPort());
      const gone = bench.open({ url: `http://127.0.0.1:${port}/v1`, geminiUrl: `http://127.0.0.1:${port}/v1beta` });
      for (const stream of [false, true])
        expect((await refused(bench.chat({ using: gone, stream }))).code).toBe('UPSTREAM_ERROR');
      expect((await refused(gone.listModels(AbortSignal.timeout(5_000)))).code).toBe('UPSTREAM_ERROR');
    });
  });
}
