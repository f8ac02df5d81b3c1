/** Something the process needs is not there; the message is the one line an operator reads. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
