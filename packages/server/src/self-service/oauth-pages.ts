import type { Membership } from '../accounts/membership-store.ts';
import { consentPath } from '../accounts/oauth/oauth-provider.ts';
import type { Scope } from '../keys/key.ts';
import { html, nothing, type Html } from './html.ts';
import { givable, type ConsentRequest } from './oauth-request.ts';
import { pageWords, scopeWords, type PageLanguage } from './oauth-words.ts';

export interface PageFrame {
  readonly language: PageLanguage;
  readonly brandName: string;
}

/** A page that works without a script. */
function page({ language, brandName }: PageFrame, title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <title>${title} · ${brandName}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/site.css" />
        <link rel="stylesheet" href="/assets/forms.css" />
      </head>
      <body class="form-page">
        <main>
          <p class="form-brand">${brandName}</p>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html> `.html;
}

function problem(text: string | undefined): Html {
  return text === undefined ? nothing : html`<p class="form-problem" role="alert">${text}</p>`;
}

function external(link: string | null, words: string): Html {
  return link === null ? nothing : html`<li><a href="${link}" rel="noreferrer noopener">${words}</a></li>`;
}

/** Given only on purpose: it lets an application replace what the organisation calls models with. */
function isPreset(scope: Scope): boolean {
  return scope !== 'provider_keys';
}

function scopeChoices(scopes: readonly Scope[], able: ReadonlySet<Scope>, language: PageLanguage): Html[] {
  const words = pageWords[language];
  return scopes.map((scope) => {
    const description = scopeWords[language][scope];
    const isAble = able.has(scope);
    const state = isAble ? (isPreset(scope) ? 'checked' : '') : 'disabled';
    const note = isAble ? nothing : html` <em>(${words.notInRole})</em>`;
    return html`<li>
      <label><input type="checkbox" name="scope" value="${scope}" ${state} /> <span>${description}${note}</span></label>
    </li>`;
  });
}

function organizationChoices(
  request: ConsentRequest,
  memberships: readonly Membership[],
  chosen: string | undefined,
): Html[] {
  return memberships.map((membership) => {
    const { tenantId, tenantName, role } = membership;
    const state = givable(request, membership).length === 0 ? 'disabled' : tenantId === chosen ? 'checked' : '';
    return html`<li>
      <label
        ><input type="radio" name="organization" value="${tenantId}" required ${state} />
        <span>${tenantName} <small>${role}</small></span></label
      >
    </li>`;
  });
}

export interface ConsentPageInput {
  readonly frame: PageFrame;
  readonly request: ConsentRequest;
  readonly email: string;
  readonly memberships: readonly Membership[];
  readonly activeTenantId: string | undefined;
  /** Proves that the form was made for this session. */
  readonly proof: string;
  readonly problem?: string | undefined;
}

/** Who asks, for what, for which organisation, and where the answer goes. */
export function consentPage(input: ConsentPageInput): string {
  const { frame, request, memberships, email, proof } = input;
  const { client, redirect, scopes, offline } = request;
  const words = pageWords[frame.language];
  const able = new Set(memberships.flatMap((membership) => [...givable(request, membership)]));
  const usable = memberships.filter((membership) => givable(request, membership).length > 0);
  const chosen = usable.find(({ tenantId }) => tenantId === input.activeTenantId) ?? usable[0];
  const target = redirect.isDevice ? words.sendsToDevice(redirect.host) : words.sendsTo(redirect.host);
  const identity =
    client.verifiedHost === null
      ? html`<p class="form-warning">${words.unverified}</p>`
      : html`<p>${words.verified(client.verifiedHost)}</p>`;
  const isPossible = able.size > 0;
  const body = html`${problem(isPossible ? input.problem : words.nothingToGive)}
    <p>${words.wants(client.name, frame.brandName)}</p>
    ${identity}
    <form method="post" action="/oauth/consent">
      <input type="hidden" name="oauth_query" value="${request.query}" />
      <input type="hidden" name="proof" value="${proof}" />
      <fieldset>
        <legend>${words.may}</legend>
        <ul class="form-choices">
          ${scopeChoices(scopes, able, frame.language)}
          ${offline ? html`<li class="form-fixed">${words.offline}</li>` : nothing}
        </ul>
      </fieldset>
      <fieldset>
        <legend>${words.organization}</legend>
        <ul class="form-choices">
          ${organizationChoices(request, memberships, chosen?.tenantId)}
        </ul>
      </fieldset>
      <p>${target} ${words.withdraw}</p>
      <p class="form-actions">
        <button class="form-primary" type="submit" name="decision" value="approve" ${isPossible ? '' : 'disabled'}>
          ${words.approve}
        </button>
        <button type="submit" name="decision" value="deny" formnovalidate>${words.deny}</button>
      </p>
    </form>
    <ul class="form-links">
      ${external(client.policyUri, words.policy)} ${external(client.termsUri, words.terms)}
      <li>${words.signedInAs(email)}</li>
    </ul>`;
  return page(frame, words.consentTitle(client.name), body);
}

export interface SignInPageInput {
  readonly frame: PageFrame;
  readonly request: ConsentRequest;
  /** `code`: the password was right, now the code. */
  readonly step: 'password' | 'code';
  readonly providers: readonly { readonly id: string; readonly name: string }[];
  readonly hasConsole: boolean;
  readonly problem?: string | undefined;
}

/** Ways that need the console; each leads back to the page of consent. */
function consoleLinks({ query }: ConsentRequest, language: PageLanguage): Html {
  const words = pageWords[language];
  const back = encodeURIComponent(`${consentPath}?${query}`);
  return html`<ul class="form-links">
    <li><a href="/console/sign-up?return=${back}">${words.noAccount}</a></li>
    <li><a href="/console/sign-in?return=${back}">${words.otherWays}</a></li>
    <li><a href="/console/forgot-password">${words.forgot}</a></li>
  </ul>`;
}

/** A plain form for who has not signed in. */
export function signInPage({ frame, request, step, providers, hasConsole, problem: what }: SignInPageInput): string {
  const words = pageWords[frame.language];
  const query = html`<input type="hidden" name="oauth_query" value="${request.query}" />`;
  const fields =
    step === 'password'
      ? html`<label>${words.email}<input type="email" name="email" autocomplete="username" required autofocus /></label>
          <label
            >${words.password}<input type="password" name="password" autocomplete="current-password" required
          /></label>`
      : html`<label
          >${words.code}<input name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus
        /></label>`;
  const others = providers.map(
    ({ id, name }) =>
      html`<form method="post" action="/oauth/sign-in">
        ${query} <button type="submit" name="provider" value="${id}">${words.signInWith(name)}</button>
      </form>`,
  );
  const body = html`${problem(what)}
    <p>${words.signInFor(request.client.name)}</p>
    <form method="post" action="/oauth/sign-in">
      ${query} ${fields}
      <p class="form-actions"><button class="form-primary" type="submit">${words.signIn}</button></p>
    </form>
    ${step === 'password' ? others : nothing}
    ${step === 'password' && hasConsole ? consoleLinks(request, frame.language) : nothing}`;
  return page(frame, words.signInTitle, body);
}

/** On to a server that says who somebody is: a page, as a form may not lead to other origins. */
export function onwardPage(frame: PageFrame, url: string, name: string): string {
  const words = pageWords[frame.language];
  const body = html`<meta http-equiv="refresh" content="0;url=${url}" />
    <p><a href="${url}">${words.continueTo(name)}</a></p>`;
  return page(frame, words.continueTo(name), body);
}

/** What went wrong, where no application can be told. */
export function errorPage(frame: PageFrame, error: string, description?: string): string {
  const words = pageWords[frame.language];
  const body = html`${description === undefined ? nothing : html`<p>${description}</p>`}
    <p><code>${error}</code></p>
    <p>${words.errorLead}</p>`;
  return page(frame, words.errorTitle, body);
}
