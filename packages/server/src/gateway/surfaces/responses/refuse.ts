import type { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { validate } from '../../../http/validate.ts';

/** A 400 that names the field as the caller wrote it and says what to do instead. */
export function refusal(param: string, why: string): AppError {
  return new AppError('INVALID_REQUEST', `${param}: ${why}`, { param });
}

/** Checks a part of the request that lies at `path`. @throws AppError INVALID_REQUEST naming the field in it */
export function check<Schema extends z.ZodType>(schema: Schema, value: unknown, path: string): z.output<Schema> {
  try {
    return validate(schema, value, '');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const param = error.param === undefined || error.param === '' ? path : `${path}.${error.param}`;
    const what = error.message.slice((error.param ?? '').length).replace(/^:\s*/, '');
    throw refusal(param, what);
  }
}
