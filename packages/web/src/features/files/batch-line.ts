import type { ConsoleConfig } from '@turnpike/contract/console';

/** A line of a batch's file, to a model that chats. */
export function batchLine({ models }: Pick<ConsoleConfig, 'models'>): string {
  const model = models.find(({ capabilities }) => capabilities.includes('chat')) ?? models[0];
  return JSON.stringify({
    custom_id: 'question-1',
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: model?.id ?? 'model', messages: [{ role: 'user', content: 'Hello' }] },
  });
}
