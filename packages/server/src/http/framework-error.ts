import { AppError, errorCode, toAppError } from '../errors.ts';

/** Errors of the framework and of Node's parser, told in our words. */
export function fromFramework(error: unknown, bodyLimitBytes: number): AppError {
  const code = errorCode(error);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new AppError(
      'PAYLOAD_TOO_LARGE',
      `The body is larger than the ${bodyLimitBytes} bytes accepted here. Send less.`,
      { headers: { connection: 'close' } },
    );
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be sent as Content-Type: application/json.');
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH')
    return new AppError('INVALID_REQUEST', 'The body is not as long as Content-Length says.', {
      param: 'Content-Length',
      headers: { connection: 'close' },
    });
  if (code === 'FST_ERR_MAX_PARAM_LENGTH')
    return new AppError(
      'ENDPOINT_NOT_FOUND',
      'No endpoint at this path: a part of it is longer than any id or name. See /openapi.json.',
    );
  if (code === 'FST_ERR_BAD_URL')
    return new AppError('INVALID_REQUEST', 'The path is not a valid URL path.', { param: 'path' });
  if (code === 'ECONNRESET' || code === 'ECONNABORTED')
    return new AppError('INVALID_REQUEST', 'The connection closed before the body was complete.', { cause: error });
  return toAppError(error);
}
