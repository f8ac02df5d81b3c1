import { AppError } from '../../../errors.ts';
import { newRequestId } from '../../../ids.ts';
import type { Principal } from '../../../keys/key.ts';
import type { Embed } from '../../../knowledge/vector-index.ts';
import { CapturedConnection } from '../../captured-connection.ts';
import type { Gateway } from '../../gateway.ts';
import { runCall } from '../../pipeline.ts';
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
    const client = new CapturedConnection(signal);
    await runCall(gateway, {
      ...{ requestId: newRequestId(), surface, route: '/v1/embeddings', startedAtMs: gateway.clock.now(), client },
      body: { model, input: [...texts] },
      read: readEmbeddings,
      authenticate: () => Promise.resolve(indexer),
      apiVersion: gateway.contracts.registry.latest.name,
      idempotencyKey: undefined,
      waitMs: 0,
      resumption: { after: 0, withIds: false },
      query: undefined,
      renderStreamError: () => '',
      headers: () => [],
      onPrincipal: () => undefined,
      onContract: () => undefined,
    });
    signal.throwIfAborted();
    if (client.answer === undefined) throw new AppError('UPSTREAM_ERROR', 'The model for embeddings was given up.');
    const { data } = JSON.parse(client.answer.text) as Answer;
    return data.toSorted((left, right) => left.index - right.index).map(({ embedding }) => embedding);
  };
}
