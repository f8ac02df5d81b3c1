import type { Schema } from '../../api/client.ts';

type Limits = Schema<'KeyLimits'>;

function whole(text: FormDataEntryValue | null): number | undefined {
  const value = Number(text);
  return typeof text === 'string' && text !== '' && Number.isInteger(value) && value > 0 ? value : undefined;
}

/**
 * The limits that a form's fields `perMinute` and `perMonth` ask for.
 * @param before those the form does not show are kept
 * @returns undefined: none
 */
export function limitsOf(form: FormData, before: Limits | null = null): Limits | undefined {
  const perMinute = whole(form.get('perMinute'));
  const perMonth = whole(form.get('perMonth'));
  const { requests_per_minute: _minute, tokens_per_month: _month, ...others } = before ?? {};
  const limits = {
    ...others,
    ...(perMinute === undefined ? {} : { requests_per_minute: perMinute }),
    ...(perMonth === undefined ? {} : { tokens_per_month: perMonth }),
  };
  return Object.keys(limits).length === 0 ? undefined : limits;
}
