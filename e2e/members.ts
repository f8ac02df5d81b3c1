import { Browser, linksTo, mailedLink, password } from './browser-session.ts';
import type { Turnpike } from './turnpike-process.ts';
import { until } from './until.ts';

/** Signs up somebody who was invited, by the link that confirms the address; the invitation stays open. */
export async function signUpInvited(turnpike: Turnpike, email: string, name = 'Guest'): Promise<Browser> {
  const browser = new Browser(turnpike);
  await browser.send('POST', '/auth/sign-up/email', { email, name, password });
  const link = await until(async () => (await linksTo(turnpike, email)).findLast((each) => each.includes('/auth/')));
  await browser.send('GET', link);
  return browser;
}

/** Has somebody join an organisation with a role, as people do: by mail. */
export async function join(turnpike: Turnpike, owner: Browser, email: string, role: string): Promise<Browser> {
  const { id } = await owner.json<{ id: string }>('POST', '/account/v1/invitations', { email, role });
  await mailedLink(turnpike, email);
  const browser = await signUpInvited(turnpike, email);
  const { status } = await browser.send('POST', `/account/v1/invitations/${id}/accept`);
  if (status !== 200) throw new Error(`${email} could not join: ${String(status)}`);
  return browser;
}

/** The id of a member by the address. */
export async function memberId(owner: Browser, email: string): Promise<string> {
  const { data } = await owner.json<{ data: { id: string; email: string }[] }>('GET', '/account/v1/members');
  return data.find((member) => member.email === email)?.id ?? '';
}
