import { AppError } from '../../../errors.ts';
import type { Principal } from '../../../keys/key.ts';
import type { Embed } from '../../../knowledge/vector-index.ts';
import type { Gateway } from '../../gateway.ts';
import { callInside } from '../../inner-call.ts';
import { readEmbeddings } from '../openai/embeddings.ts';

const surface = 'hub-embeddings';

/** The operator's own work: it is metered, but no plan bounds it. */
const indexer: Principal = {
  ...{ tenantId: 'public', keyId: 'public', mode: 'live', plan: 'public', suspended: false },
  ...{ scopes: new Set(['embeddings']), models: null, limits: [], pinnedVersion: undefined },
};

interface Answer {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] }[];
}

/** Vectors of texts by a model of the catalog, on the same road as calls from outside. */
export function createEmbedTexts(gateway: Gateway, model: string): Embed {
  return async (texts, signal) => {
    const captured = await callInside(gateway, {
      ...{ surface, route: '/v1/embeddings', body: { model, input: [...texts] }, read: readEmbeddings, signal },
      authenticate: () => Promise.resolve(indexer),
      apiVersion: gateway.contracts.registry.latest.name,
    });
    signal.throwIfAborted();
    if (captured === undefined) throw new AppError('UPSTREAM_ERROR', 'The model for embeddings was given up.');
    const { data } = JSON.parse(captured.text) as Answer;
    return data.toSorted((left, right) => left.index - right.index).map(({ embedding }) => embedding);
  };
}
