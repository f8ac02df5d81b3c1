import type { FastifyReply, FastifyRequest } from 'fastify';
import { consentPath } from '../accounts/oauth/oauth-provider.ts';
import { onwardPage, signInPage, type PageFrame } from './oauth-pages.ts';
import { askLibrary, type Asking, type ConsentRequest, type OAuthPagesContext } from './oauth-request.ts';
import { pageWords } from './oauth-words.ts';
import { redirectTo, sendPage } from './send-page.ts';

interface SignInInput {
  readonly context: OAuthPagesContext;
  readonly providers: readonly { readonly id: string; readonly name: string }[];
  readonly hasConsole: boolean;
  readonly visit: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly frame: PageFrame;
    readonly asking: Asking;
  };
  readonly form: URLSearchParams;
  readonly request: ConsentRequest;
}

type Step = 'password' | 'code';

function showAgain(
  { visit, request, providers, hasConsole }: SignInInput,
  step: Step,
  status: number,
  problem?: string,
  cookies: readonly string[] = [],
): void {
  const page = signInPage({ frame: visit.frame, request, step, providers, hasConsole, problem });
  sendPage(visit, status, page, '', cookies);
}

async function valueOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = await response.json().catch(() => undefined);
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** What a refusal of the library means for a person. */
function problemOf({ visit }: SignInInput, step: Step, status: number): string {
  const words = pageWords[visit.frame.language];
  if (status === 429) return words.tooMany;
  if (status === 403) return words.unverifiedMail;
  return step === 'code' ? words.wrongCode : words.wrongCredentials;
}

async function goToProvider(
  input: SignInInput,
  provider: { readonly id: string; readonly name: string },
): Promise<void> {
  const { context, visit, request } = input;
  const back = `${context.publicUrl}${consentPath}?${request.query}`;
  const response = await askLibrary(context, visit.asking, '/sign-in/social', {
    provider: provider.id,
    callbackURL: back,
    disableRedirect: true,
  });
  const { url } = await valueOf(response);
  if (!response.ok || typeof url !== 'string') {
    showAgain(input, 'password', 422, problemOf(input, 'password', response.status));
    return;
  }
  sendPage(visit, 200, onwardPage(visit.frame, url, provider.name), '', response.headers.getSetCookie());
}

/** Takes the plain form: by password, by the code that follows it, or by a provider. Then back to the page of consent. */
export async function signIn(input: SignInInput): Promise<void> {
  const { context, providers, visit, form, request } = input;
  const provider = providers.find(({ id }) => id === form.get('provider'));
  if (provider !== undefined) {
    await goToProvider(input, provider);
    return;
  }
  const code = form.get('code');
  const step: Step = code === null ? 'password' : 'code';
  const response =
    code === null
      ? await askLibrary(context, visit.asking, '/sign-in/email', {
          email: form.get('email') ?? '',
          password: form.get('password') ?? '',
        })
      : await askLibrary(context, visit.asking, '/two-factor/verify-totp', { code: code.replaceAll(/\s/g, '') });
  if (!response.ok) {
    showAgain(input, step, 422, problemOf(input, step, response.status));
    return;
  }
  const cookies = response.headers.getSetCookie();
  const { twoFactorRedirect } = await valueOf(response);
  if (twoFactorRedirect === true) showAgain(input, 'code', 200, undefined, cookies);
  else redirectTo(visit, `${consentPath}?${request.query}`, cookies);
}
