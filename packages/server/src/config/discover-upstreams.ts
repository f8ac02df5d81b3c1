import { configErrorOf, quoted } from './config-error.ts';
import { deepFreeze } from './deep-freeze.ts';
import { discoveredModel, knownModel, type DiscoverySource } from './discovered-model.ts';
import { withoutCredentials } from './environment.ts';
import { variable, type Environment } from './interpolate.ts';
import { listModels, type Fetch, type ListModelsAnswer } from './list-models.ts';
import { upstreamSchema, type ModelConfig, type Settings, type UpstreamConfig } from './schema.ts';

interface LocalProbe {
  readonly upstream: string;
  /** As the start names it: `Ollama on port 11434`. */
  readonly from: string;
  readonly baseUrl: string;
}

export interface DiscoveryRequest {
  readonly env: Environment;
  readonly fetch: Fetch;
  readonly settings: Settings;
  /** How long a local server may take. */
  readonly timeoutMs?: number;
  /** How long a provider may take; the start waits for no more than the longer of the two. */
  readonly remoteTimeoutMs?: number;
  readonly localProbes?: readonly LocalProbe[];
}

interface FoundUpstream {
  readonly upstream: string;
  /** The variable or the local server that led there. */
  readonly from: string;
  readonly models: readonly string[];
  /** The upstream did not answer in time; the models are those the configuration knows it to have. */
  readonly assumed: boolean;
}

interface FailedUpstream {
  readonly upstream: string;
  readonly from: string;
  /** Holds no secret. */
  readonly reason: string;
}

interface Discovery {
  /** With what was found added, frozen. */
  readonly settings: Settings;
  readonly found: readonly FoundUpstream[];
  /** Providers whose key is in the environment but who offer nothing (yet). Silent local ports are not listed. */
  readonly failed: readonly FailedUpstream[];
}

const localModelServers: readonly LocalProbe[] = [
  { upstream: 'ollama', from: 'Ollama on port 11434', baseUrl: 'http://127.0.0.1:11434/v1' },
  { upstream: 'lm-studio', from: 'LM Studio on port 1234', baseUrl: 'http://127.0.0.1:1234/v1' },
  { upstream: 'vllm', from: 'vLLM on port 8000', baseUrl: 'http://127.0.0.1:8000/v1' },
];

interface Candidate extends DiscoverySource {
  readonly from: string;
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly region?: string;
}

/**
 * Looks for model servers on this machine and for providers whose key is in the environment, all at once, and adds
 * their models to the settings. What the configuration names is never changed: an upstream it has (by name or by URL)
 * is not asked, a model it has keeps its targets. Between two finds of one name, providers come before local servers.
 * @throws ConfigError if OPENAI_BASE_URL is no URL
 */
export async function discoverUpstreams(request: DiscoveryRequest): Promise<Discovery> {
  const { fetch, settings, timeoutMs = 400, remoteTimeoutMs = 900 } = request;
  const candidates = newCandidates([...providers(request), ...localServers(request)], settings.upstreams);
  const answers = await Promise.all(
    candidates.map(async (candidate) => {
      const { baseUrl, apiKey, where } = candidate;
      return {
        candidate,
        answer: await listModels({
          fetch,
          baseUrl,
          apiKey,
          timeoutMs: where === 'local' ? timeoutMs : remoteTimeoutMs,
        }),
      };
    }),
  );
  return addFinds(settings, answers);
}

interface Answered {
  readonly candidate: Candidate;
  readonly answer: ListModelsAnswer;
}

function addFinds(settings: Settings, answers: readonly Answered[]): Discovery {
  const upstreams = new Map<string, UpstreamConfig>(Object.entries(settings.upstreams));
  const models = new Map<string, ModelConfig>(Object.entries(settings.models));
  const found: FoundUpstream[] = [];
  const failed: FailedUpstream[] = [];
  for (const { candidate, answer } of answers) {
    const { upstream, from, where } = candidate;
    const offers = [...offeredModels(candidate, answer, settings)].filter(([name]) => !models.has(name));
    if (answer.kind !== 'listed' && where === 'remote') failed.push({ upstream, from, reason: answer.reason });
    if (offers.length === 0) continue;
    upstreams.set(upstream, upstreamOf(candidate));
    for (const [name, model] of offers) models.set(name, model);
    found.push({ upstream, from, models: offers.map(([name]) => name), assumed: answer.kind !== 'listed' });
  }
  const added = { ...settings, upstreams: Object.fromEntries(upstreams), models: Object.fromEntries(models) };
  return { settings: deepFreeze(added), found, failed };
}

/** By name. A provider that is only late is trusted to have the models that the configuration knows of it. */
function offeredModels(candidate: Candidate, answer: ListModelsAnswer, settings: Settings): Map<string, ModelConfig> {
  const offered = new Map<string, ModelConfig>();
  const { upstream, where } = candidate;
  if (answer.kind === 'listed') {
    for (const entry of answer.entries) {
      const known = Object.hasOwn(settings.known_models, entry.id) ? settings.known_models[entry.id] : undefined;
      const model = discoveredModel(
        entry,
        candidate,
        known?.upstream === undefined || known.upstream === upstream ? known : undefined,
      );
      if (model !== undefined) offered.set(entry.id, model);
    }
  } else if (answer.kind === 'late' && where === 'remote') {
    for (const [name, known] of Object.entries(settings.known_models)) {
      if (known.upstream === upstream) offered.set(name, knownModel(name, candidate, known));
    }
  }
  return offered;
}

function upstreamOf({ baseUrl, apiKey, region }: Candidate): UpstreamConfig {
  return upstreamSchema.parse({ kind: 'openai', base_url: baseUrl, api_key: apiKey, region });
}

function localServers({ settings, localProbes = localModelServers }: DiscoveryRequest): Candidate[] {
  if (!settings.discovery.local) return [];
  return localProbes.map((probe) => ({ ...probe, where: 'local', apiKey: undefined }));
}

function providers({ env, settings }: DiscoveryRequest): Candidate[] {
  if (!settings.discovery.providers) return [];
  const candidates: Candidate[] = [];
  const mistralKey = variable(env, 'MISTRAL_API_KEY')?.trim();
  if (mistralKey !== undefined) {
    const baseUrl = 'https://api.mistral.ai/v1';
    candidates.push({
      upstream: 'mistral',
      from: 'MISTRAL_API_KEY',
      baseUrl,
      apiKey: mistralKey,
      where: 'remote',
      region: 'eu',
    });
  }
  const openaiKey = variable(env, 'OPENAI_API_KEY')?.trim();
  const openaiUrl = openaiBaseUrl(env);
  if (openaiKey !== undefined || openaiUrl !== undefined) {
    const from = openaiUrl === undefined ? 'OPENAI_API_KEY' : 'OPENAI_BASE_URL';
    const baseUrl = openaiUrl ?? 'https://api.openai.com/v1';
    candidates.push({ upstream: 'openai', from, baseUrl, apiKey: openaiKey, where: 'remote' });
  }
  return candidates;
}

function openaiBaseUrl(env: Environment): string | undefined {
  const written = variable(env, 'OPENAI_BASE_URL')?.trim();
  if (written === undefined) return undefined;
  const url = upstreamSchema.shape.base_url.safeParse(written);
  if (url.success) return url.data;
  const found = written.includes('@') ? withoutCredentials(written) : quoted(written);
  throw configErrorOf([{ key: 'OPENAI_BASE_URL', found, allowed: 'an http or https URL up to and including /v1' }]);
}

/** Those that the configuration does not name already, each server once. */
function newCandidates(candidates: readonly Candidate[], configured: Settings['upstreams']): Candidate[] {
  const urls = new Set(
    Object.values(configured).map(({ base_url: url }) => (url === undefined ? '' : sameServer(url))),
  );
  const fresh: Candidate[] = [];
  for (const candidate of candidates) {
    const url = sameServer(candidate.baseUrl);
    if (Object.hasOwn(configured, candidate.upstream) || urls.has(url)) continue;
    urls.add(url);
    fresh.push(candidate);
  }
  return fresh;
}

/** One spelling for the names of this machine. */
function sameServer(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (['localhost', '[::1]', '0.0.0.0'].includes(url.hostname)) url.hostname = '127.0.0.1';
  return url.href.replace(/\/+$/, '');
}
