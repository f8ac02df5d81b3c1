/** What the main thread asks of the embedded database's thread. */
export type EmbeddedRequest =
  | { readonly kind: 'bytes'; readonly connection: number; readonly bytes: Uint8Array }
  /** A connection went away, perhaps inside a transaction. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'close' };

export type EmbeddedReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'bytes'; readonly connection: number; readonly bytes: Uint8Array }
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'closed' };
