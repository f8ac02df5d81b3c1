import { fillHoles, withoutPictures } from './picture-holes.ts';

/** A text of several lines as Go writes it. */
function goText(text: string): string {
  // A raw string holds neither a backtick nor a byte order mark; JSON can escape the mark.
  return `\`${text.replaceAll('\uFEFF', String.raw`\ufeff`).replaceAll('`', '` + "`" + `')}\``;
}

const readPicture = [
  '',
  'func read(name string) string {',
  '\tcontent, err := os.ReadFile(name)',
  '\tif err != nil {',
  '\t\tlog.Fatal(err)',
  '\t}',
  '\treturn base64.StdEncoding.EncodeToString(content)',
  '}',
];

/** A whole program with nothing but Go's own library. */
export function goProgram(url: string, request: object): string {
  const { json, ...holes } = withoutPictures(request, 2);
  const body = fillHoles(goText(json), holes, ({ head, file }) => `"${head}\` + read("${file}") + \`"`);
  const hasPictures = holes.pictures.length > 0;
  const packages = [...(hasPictures ? ['encoding/base64'] : []), 'fmt', 'io', 'log', 'net/http', 'os', 'strings'];
  return [
    'package main',
    '',
    'import (',
    ...packages.map((name) => `\t"${name}"`),
    ')',
    ...(hasPictures ? readPicture : []),
    '',
    'func main() {',
    `\tbody := ${body}`,
    `\trequest, err := http.NewRequest("POST", "${url}/v1/chat/completions", strings.NewReader(body))`,
    '\tif err != nil {',
    '\t\tlog.Fatal(err)',
    '\t}',
    '\trequest.Header.Set("Authorization", "Bearer "+os.Getenv("API_KEY"))',
    '\trequest.Header.Set("Content-Type", "application/json")',
    '\tresponse, err := http.DefaultClient.Do(request)',
    '\tif err != nil {',
    '\t\tlog.Fatal(err)',
    '\t}',
    '\tdefer response.Body.Close()',
    '\tanswer, err := io.ReadAll(response.Body)',
    '\tif err != nil {',
    '\t\tlog.Fatal(err)',
    '\t}',
    '\tfmt.Println(response.Status, string(answer))',
    '}',
  ].join('\n');
}
