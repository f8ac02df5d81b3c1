import { ApiError } from '../../api/api-error.ts';
import { authRequest } from '../../api/auth-request.ts';
import { useConsoleConfig } from '../../api/console-config.ts';

const knowsPasskeys =
  typeof PublicKeyCredential !== 'undefined' &&
  typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function' &&
  typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function';

/** Can passkeys be used, by this browser and at this server? */
export function useHasPasskeys(): boolean {
  const { sign_in_methods: methods } = useConsoleConfig();
  return knowsPasskeys && methods.includes('passkey');
}

/** @throws ApiError PASSKEY_CANCELLED: the person, or the browser for them, said no */
async function withBrowser(ask: () => Promise<Credential | null>): Promise<unknown> {
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ApiError(reason, { status: 0, code: 'PASSKEY_CANCELLED' });
  }
  if (credential instanceof PublicKeyCredential) return credential.toJSON();
  throw new ApiError('no passkey', { status: 0, code: 'PASSKEY_CANCELLED' });
}

export async function signInWithPasskey(): Promise<void> {
  const options = await authRequest<PublicKeyCredentialRequestOptionsJSON>('/passkey/generate-authenticate-options');
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const response = await withBrowser(() => navigator.credentials.get({ publicKey }));
  await authRequest('/passkey/verify-authentication', { response });
}

/** Makes a passkey for who is signed in. @param name by which it is found in the list */
export async function addPasskey(name: string): Promise<void> {
  const options = await authRequest<PublicKeyCredentialCreationOptionsJSON>('/passkey/generate-register-options');
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const response = await withBrowser(() => navigator.credentials.create({ publicKey }));
  await authRequest('/passkey/verify-registration', { response, name });
}
