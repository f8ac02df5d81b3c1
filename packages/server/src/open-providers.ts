import type { Clock } from './clock.ts';
import { upstreamSchema, type Settings, type UpstreamConfig } from './config/schema.ts';
import type { Passage } from './knowledge/passage.ts';
import { createBuiltinProvider } from './providers/builtin/builtin-provider.ts';
import { createOpenAiProvider } from './providers/openai/openai-provider.ts';
import type { Provider } from './providers/provider.ts';

interface Options {
  readonly settings: Settings;
  readonly clock: Clock;
  /** Looks up passages of the documentation for the built-in model. */
  readonly search: (query: string) => Promise<readonly Passage[]>;
}

type Open = (options: Options, name: string, config: UpstreamConfig) => Provider;

const openBuiltin: Open = ({ clock, search }) => createBuiltinProvider({ clock, search });

const openOpenAi: Open = ({ settings, clock }, name, config) => {
  // The schema asks for it where the kind is openai.
  const base_url = config.base_url ?? '';
  return createOpenAiProvider({
    name,
    config: { ...config, base_url },
    clock,
    connectTimeoutMs: settings.relay.connect_timeout_ms,
    firstByteTimeoutMs: settings.relay.first_byte_timeout_ms,
  });
};

/** Every kind of upstream, a line each. */
const kinds: Readonly<Record<UpstreamConfig['kind'], Open>> = { builtin: openBuiltin, openai: openOpenAi };

/** One provider for each configured upstream, and always the built-in one: test keys answer from it. */
export function openProviders(options: Options): ReadonlyMap<string, Provider> {
  const upstreams = Object.entries(options.settings.upstreams);
  const opened = new Map(upstreams.map(([name, config]) => [name, kinds[config.kind](options, name, config)]));
  if (!opened.has('builtin'))
    opened.set('builtin', openBuiltin(options, 'builtin', upstreamSchema.parse({ kind: 'builtin' })));
  return opened;
}
