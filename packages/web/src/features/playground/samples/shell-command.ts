import { shellQuote } from '../../../code/shell-quote.ts';
import { fillHoles, withoutPictures } from './picture-holes.ts';

/** A line for the shell. Pictures go in by a pipe: they may be longer than an argument can be. */
export function shellCommand(url: string, request: object): string {
  const { json, ...holes } = withoutPictures(request);
  const hasPictures = holes.pictures.length > 0;
  const quoted = fillHoles(
    shellQuote(json),
    holes,
    ({ head, file }) => `"${head}'"$(base64 < ${file} | tr -d '\\n')"'"`,
  );
  return [
    `${hasPictures ? `printf '%s' ${quoted} |\n  ` : ''}curl ${url}/v1/chat/completions \\`,
    '  -H "Authorization: Bearer $API_KEY" \\',
    '  -H "Content-Type: application/json" \\',
    `  -d ${hasPictures ? '@-' : quoted}`,
  ].join('\n');
}
