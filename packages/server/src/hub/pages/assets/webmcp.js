/* global document, navigator, fetch, console */
// Tools of this platform for an agent in the browser (WebMCP). They run on this server, as /api/tools/call does for all.
{
  const context = document.modelContext ?? navigator.modelContext;
  const tools = [/* tools */];

  const post = async (path, body, signal) => {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(body),
      signal,
    });
    const value = await answer.json();
    if (!answer.ok) throw new Error(value.error?.message ?? `The server answered ${answer.status}.`);
    return value;
  };
  const text = (value) => ({ content: [{ type: 'text', text: JSON.stringify(value) }], structuredContent: value });

  const declared = tools.map(({ name, title, description, input, isReadOnly }) => ({
    name,
    title,
    description,
    inputSchema: input,
    annotations: { readOnlyHint: isReadOnly },
    execute: async (args, client) =>
      text((await post('/api/tools/call', { name, arguments: args ?? {} }, client?.signal)).result),
  }));
  const search = {
    name: 'search_documentation',
    title: 'Search the documentation',
    description:
      'Finds pages of this site that are about a question, with their addresses. Use it to find where to read on.',
    inputSchema: {
      type: 'object',
      properties: { query: { type: 'string', description: 'What is looked for, in German or English' } },
      required: ['query'],
      additionalProperties: false,
    },
    annotations: { readOnlyHint: true },
    execute: async ({ query }, client) => {
      const { results = [], citations = [] } = await post('/api/ask.php', { query, mode: 'list' }, client?.signal);
      return text({ results: results.map(({ name, url, description }) => ({ name, url, description })), citations });
    },
  };

  if (typeof context?.registerTool === 'function') {
    for (const tool of [...declared, search]) {
      try {
        context.registerTool(tool);
      } catch (error) {
        console.warn(`The tool ${tool.name} could not be registered:`, error);
      }
    }
  } else if (typeof context?.provideContext === 'function') {
    context.provideContext({ tools: [...declared, search] });
  }
}
