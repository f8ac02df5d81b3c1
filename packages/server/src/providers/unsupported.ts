import { AppError } from '../errors.ts';

/**
 * What to throw when a vendor's protocol has no words for a part of the request. It is the caller's to change, so no
 * other target is asked.
 * @param param the field, in the words of OpenAI's chat
 */
export function unsupported(param: string, message: string): AppError {
  return new AppError('UNSUPPORTED_CAPABILITY', message, { param });
}
