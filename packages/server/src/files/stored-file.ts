/** A file of a tenant whose bytes are safe. */
export interface StoredFile {
  /** `file-…` */
  readonly id: string;
  readonly tenantId: string;
  /** The key that stored it. */
  readonly keyId: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

/** Which files, and how they are sorted. */
export interface FileQuery {
  readonly tenantId: string;
  readonly purpose?: string | undefined;
  /** Id of the last file of the page before; it need not be there any more. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** By time of creation. */
  readonly order: 'asc' | 'desc';
}
