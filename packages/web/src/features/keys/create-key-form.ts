import type { CreateKeyRequest, Scope } from './keys.ts';

/** What the form holds while it is filled in. */
export interface KeyForm {
  readonly name: string;
  readonly mode: 'live' | 'test';
  readonly scopes: readonly Scope[];
  /** null: all of the plan. */
  readonly models: readonly string[] | null;
  /** Days from now; null: never. */
  readonly expiresInDays: number | null;
}

/** As the server has it where nothing is said: all but replacing the organisation's keys for providers. */
export const emptyKeyForm: KeyForm = {
  name: '',
  mode: 'live',
  scopes: ['chat', 'embeddings', 'files', 'models'],
  models: null,
  expiresInDays: null,
};

const dayMs = 86_400_000;

export function keyRequestOf(form: KeyForm, nowMs: number): CreateKeyRequest {
  return {
    name: form.name.trim(),
    mode: form.mode,
    scopes: [...form.scopes],
    models: form.models === null ? null : [...form.models],
    expires_at: form.expiresInDays === null ? null : new Date(nowMs + form.expiresInDays * dayMs).toISOString(),
  };
}

/** The list with or without a member. */
export function toggled<Member>(list: readonly Member[], member: Member, isIn: boolean): Member[] {
  const others = list.filter((other) => other !== member);
  return isIn ? [...others, member] : others;
}
