import { describeProvider } from '../../testing/describe-provider.ts';
import { createGeminiProvider } from './gemini-provider.ts';

describeProvider(
  'gemini',
  ({ geminiUrl, apiKey, ...rest }) =>
    createGeminiProvider({
      ...rest,
      name: 'fake',
      config: { base_url: geminiUrl, api_key: apiKey, headers: {}, connections: 4 },
    }),
  { credential: { header: 'x-goog-api-key', prefix: '' }, passesThrough: false },
);
