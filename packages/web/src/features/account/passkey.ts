import { auth } from '../../api/client.ts';
import { useSettings } from '../../app/settings.ts';

/* WebAuthn as the browser has it: options and answers are JSON (W3C Web Authentication Level 3, §5.1.8 to 5.1.10). */

const knowsPasskeys =
  typeof PublicKeyCredential !== 'undefined' && typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';

/** Can passkeys be used, by this browser and at this server? */
export function useHasPasskeys(): boolean {
  const { sign_in_methods: methods } = useSettings();
  return knowsPasskeys && methods.includes('passkey');
}

/** Signs in with a passkey that the browser offers. @throws Error where the person declines or the server does */
export async function signInWithPasskey(): Promise<void> {
  const options = await auth<PublicKeyCredentialRequestOptionsJSON>('/passkey/generate-authenticate-options');
  const credential = await navigator.credentials.get({
    publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
  });
  if (!(credential instanceof PublicKeyCredential)) throw new Error('no passkey was given');
  await auth('/passkey/verify-authentication', { response: credential.toJSON() });
}

/** Makes a passkey for who has signed in. */
export async function addPasskey(name: string): Promise<void> {
  const options = await auth<PublicKeyCredentialCreationOptionsJSON>('/passkey/generate-register-options');
  const credential = await navigator.credentials.create({
    publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
  });
  if (!(credential instanceof PublicKeyCredential)) throw new Error('no passkey was made');
  await auth('/passkey/verify-registration', { response: credential.toJSON(), name });
}
