import type { ChatRequest } from '../../api/road.ts';

/** The same request as a program would make it. */
export function codeSamples(
  url: string,
  request: ChatRequest,
): readonly { readonly id: string; readonly title: string; readonly code: string }[] {
  const json = JSON.stringify(request, null, 2);
  const shell = JSON.stringify(request).replaceAll("'", String.raw`'\''`);
  const python = json.replaceAll(': true', ': True').replaceAll(': false', ': False').replaceAll(': null', ': None');
  const goBody = JSON.stringify(request).replaceAll('`', '` + "`" + `');
  return [
    {
      id: 'curl',
      title: 'curl',
      code: `curl ${url}/v1/chat/completions \\\n  -H "Authorization: Bearer $API_KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${shell}'`,
    },
    {
      id: 'typescript',
      title: 'TypeScript',
      code: `import OpenAI from 'openai';\n\nconst client = new OpenAI({ baseURL: '${url}/v1', apiKey: process.env.API_KEY });\nconst answer = await client.chat.completions.create(${json});\nconsole.log(answer.choices[0]?.message.content);`,
    },
    {
      id: 'python',
      title: 'Python',
      code: `import os\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="${url}/v1", api_key=os.environ["API_KEY"])\nanswer = client.chat.completions.create(**${python})\nprint(answer.choices[0].message.content)`,
    },
    {
      id: 'go',
      title: 'Go',
      code: `body := strings.NewReader(\`${goBody}\`)\nrequest, _ := http.NewRequest("POST", "${url}/v1/chat/completions", body)\nrequest.Header.Set("Authorization", "Bearer "+os.Getenv("API_KEY"))\nrequest.Header.Set("Content-Type", "application/json")\nresponse, err := http.DefaultClient.Do(request)`,
    },
  ];
}
