import type { Clock } from './clock.ts';
import { upstreamSchema, type Settings, type UpstreamConfig } from './config/schema.ts';
import type { FaqMatch } from './knowledge/search-faq.ts';
import type { Passage } from './knowledge/passage.ts';
import { createAnthropicProvider } from './providers/anthropic/anthropic-provider.ts';
import { createBuiltinProvider } from './providers/builtin/builtin-provider.ts';
import { createGeminiProvider } from './providers/gemini/gemini-provider.ts';
import { createOpenAiProvider } from './providers/openai/openai-provider.ts';
import type { Provider } from './providers/provider.ts';

interface Options {
  readonly settings: Settings;
  readonly clock: Clock;
  /** Looks up passages of the documentation for the built-in model. */
  readonly search: (query: string) => Promise<readonly Passage[]>;
  /** Answers to questions that are asked often. */
  readonly frequent: (question: string) => Promise<FaqMatch | undefined>;
}

type Open = (options: Options, name: string, config: UpstreamConfig) => Provider;

/** What every provider over HTTP is told. */
function httpOptions({ settings: { relay }, clock }: Options, name: string, config: UpstreamConfig) {
  const { connect_timeout_ms: connectTimeoutMs, first_byte_timeout_ms: firstByteTimeoutMs } = relay;
  return { name, config, clock, connectTimeoutMs, firstByteTimeoutMs };
}

/** Every kind of upstream, a line each. */
const kinds: Readonly<Record<UpstreamConfig['kind'], Open>> = {
  builtin: ({ clock, search, frequent }) => createBuiltinProvider({ clock, search, frequent }),
  // The schema asks for its address where the kind is openai.
  openai: (options, name, config) =>
    createOpenAiProvider({
      ...httpOptions(options, name, config),
      config: { ...config, base_url: config.base_url ?? '' },
    }),
  anthropic: (options, name, config) => createAnthropicProvider(httpOptions(options, name, config)),
  gemini: (options, name, config) => createGeminiProvider(httpOptions(options, name, config)),
};

/** One provider for each configured upstream, and always the built-in one: test keys answer from it. */
export function openProviders(options: Options): ReadonlyMap<string, Provider> {
  const upstreams = Object.entries(options.settings.upstreams);
  const opened = new Map(upstreams.map(([name, config]) => [name, kinds[config.kind](options, name, config)]));
  if (!opened.has('builtin'))
    opened.set('builtin', kinds.builtin(options, 'builtin', upstreamSchema.parse({ kind: 'builtin' })));
  return opened;
}
