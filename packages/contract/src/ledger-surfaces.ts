/** Every way onto the road, as the ledger names it. */
export const ledgerSurfaces = [
  'openai-chat',
  'openai-responses',
  'openai-completions',
  'openai-embeddings',
  'openai-moderations',
  'openai-batch',
  'anthropic-messages',
  'spycore-chat',
  'nlweb-ask',
  'hub-answer',
  'hub-embeddings',
  'public-chat',
] as const;
export type LedgerSurface = (typeof ledgerSurfaces)[number];

export function isLedgerSurface(name: string): name is LedgerSurface {
  return (ledgerSurfaces as readonly string[]).includes(name);
}
