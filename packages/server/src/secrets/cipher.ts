import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Authenticated encryption of what is stored secret. `context` binds a text to its row: moved elsewhere it does not open. */
export interface Cipher {
  seal(plain: Buffer, context: string): Buffer;
  /** @throws Error when the text, the key or the context is not the one it was sealed with */
  open(sealed: Buffer, context: string): Buffer;
}

const nonceBytes = 12;
const tagBytes = 16;

/**
 * AES-256-GCM with a random nonce; layout: nonce, tag, text.
 * @param purpose separates the keys of different uses of one master key (HKDF, RFC 5869)
 */
export function createCipher(masterKey: Buffer, purpose: string): Cipher {
  const key = Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `turnpike ${purpose}`, 32));
  return {
    seal: (plain, context) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      cipher.setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    open: (sealed, context) => {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes));
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
      return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()]);
    },
  };
}
