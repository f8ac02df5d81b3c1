import { embeddingsRequest, embeddingsResponse } from '@turnpike/contract/openai-embeddings';
import { rawRoute, type RawRoute } from '../../../http/api-route.ts';
import { validate } from '../../../http/validate.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { Gateway } from '../../gateway.ts';
import type { EmbeddingsReading } from '../../reading.ts';
import { Caller } from '../caller.ts';
import { connectionOf } from '../fastify-connection.ts';
import { serveCall } from '../serve-call.ts';

const surface = 'openai-embeddings';
const route = '/v1/embeddings';

/** Also for the lines of a batch. */
export function readEmbeddings(body: JsonObject): EmbeddingsReading {
  const request = validate(embeddingsRequest, body, 'body');
  return { kind: 'embeddings', request, body, encodingFormat: request.encoding_format ?? 'float' };
}

/** POST /v1/embeddings: texts or tokens to vectors, as numbers or as base64. */
export function embeddingsRoute(gateway: Gateway): RawRoute {
  return rawRoute({
    method: 'POST',
    path: route,
    operationId: 'createEmbedding',
    summary: 'Turn texts into vectors',
    description:
      'One text or up to 2048, as text or as tokens. With `encoding_format: base64` a vector comes as little-endian 32-bit floats.',
    tag: 'openai',
    security: 'key',
    scope: 'embeddings',
    body: embeddingsRequest,
    responses: { 200: { description: 'The vectors, in the order of the texts', schema: embeddingsResponse } },
    handle: (request, reply) =>
      serveCall(gateway, request, reply, {
        caller: new Caller(gateway, request, surface),
        surface,
        route,
        feature: 'embeddings',
        body: request.body,
        read: readEmbeddings,
        client: connectionOf(reply),
      }),
  });
}
