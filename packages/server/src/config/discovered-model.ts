import type { ListedModel } from './list-models.ts';
import { nameSchema } from './schema-basics.ts';
import { type Capability, type KnownModelConfig, type ModelConfig } from './schema.ts';

export interface DiscoverySource {
  readonly upstream: string;
  readonly where: 'local' | 'remote';
}

/** Used when neither the list nor `known_models` says more. A local server often loads a model with little context. */
const assumedContextTokens = { local: 8_192, remote: 128_000 } as const;
const assumedMaxOutputTokens = 4_096;

/** Names of models that answer neither chat nor embeddings requests, in the lists of the big providers. */
const otherKind =
  /(^|[^a-z])(whisper|tts|dall-e|sora|moderation|transcribe|realtime|audio|image|ocr|rerank(er)?|davinci|babbage)([^a-z]|$)/i;

/**
 * A model as it is offered after a server listed it, or undefined if it cannot be: its name is none of ours, or it
 * answers neither chat nor embeddings requests.
 */
export function discoveredModel(
  entry: ListedModel,
  source: DiscoverySource,
  known: KnownModelConfig | undefined,
): ModelConfig | undefined {
  if (!nameSchema.safeParse(entry.id).success) return undefined;
  if (known !== undefined) return knownModel(entry.id, source, known, entry.owned_by);
  const capabilities = capabilitiesOf(entry);
  if (capabilities === undefined) return undefined;
  const contextTokens =
    entry.max_model_len ??
    entry.max_context_length ??
    entry.context_length ??
    entry.context_window ??
    assumedContextTokens[source.where];
  return {
    targets: [{ upstream: source.upstream, model: entry.id }],
    owned_by: entry.owned_by ?? source.upstream,
    context_tokens: contextTokens,
    max_output_tokens: Math.min(assumedMaxOutputTokens, contextTokens),
    capabilities,
    byok: false,
  };
}

/** A model that `known_models` describes, offered from an upstream under the same name. */
export function knownModel(
  name: string,
  source: DiscoverySource,
  known: KnownModelConfig,
  ownedBy = source.upstream,
): ModelConfig {
  return {
    targets: [{ upstream: source.upstream, model: name }],
    description: known.description,
    owned_by: ownedBy,
    context_tokens: known.context_tokens,
    max_output_tokens: known.max_output_tokens,
    capabilities: known.capabilities,
    price: known.price,
    byok: known.byok,
  };
}

function capabilitiesOf({ id, capabilities }: ListedModel): Capability[] | undefined {
  if (/embed/i.test(id)) return ['embeddings'];
  if (capabilities === undefined) return otherKind.test(id) ? undefined : ['chat', 'tools', 'json'];
  if (!capabilities.completion_chat) return undefined;
  const tools: Capability[] = capabilities.function_calling ? ['tools'] : [];
  const vision: Capability[] = capabilities.vision ? ['vision'] : [];
  return ['chat', ...tools, 'json', ...vision];
}
