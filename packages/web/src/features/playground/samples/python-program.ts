import { fillHoles, withoutPictures } from './picture-holes.ts';
import { pythonLiteral } from './python-literal.ts';

/** A whole program for OpenAI's Python client. */
export function pythonProgram(url: string, request: object): string {
  const { json, ...holes } = withoutPictures(request);
  const values = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const named = Object.entries(values).map(([name, value]) => `    ${name}=${pythonLiteral(value, '    ')},`);
  const call = fillHoles(named.join('\n'), holes, ({ head, file }) => `${JSON.stringify(head)} + read("${file}")`);
  const hasPictures = holes.pictures.length > 0;
  return [
    ...(hasPictures ? ['import base64'] : []),
    'import os',
    '',
    'from openai import OpenAI',
    '',
    ...(hasPictures
      ? [
          '',
          'def read(name):',
          '    with open(name, "rb") as picture:',
          '        return base64.b64encode(picture.read()).decode()',
          '',
          '',
        ]
      : []),
    `client = OpenAI(base_url="${url}/v1", api_key=os.environ["API_KEY"])`,
    'answer = client.chat.completions.create(',
    call,
    ')',
    'message = answer.choices[0].message',
    'print(message.tool_calls or message.content)',
  ].join('\n');
}
