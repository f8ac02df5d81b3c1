import { z } from 'zod';
import { duration, networkList, positiveInteger } from './schema-basics.ts';

const toolName = z
  .string()
  .regex(/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/)
  .describe('a letter or _, then letters, digits, _ and - (at most 64 characters): what all vendors accept');

/** JSON Schema of an object. */
const objectSchema = z.looseObject({ type: z.literal('object') });

const httpTool = z.strictObject({
  title: z.string().min(1).max(200).optional(),
  description: z.string().min(20).max(1_024).describe('For models: what it does and when to use it'),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  url: z
    .string()
    .regex(/^https?:\/\//)
    .describe('Address; {name} stands for an argument. What is not named goes into the query, or the JSON body'),
  headers: z.record(z.string(), z.string()).default({}),
  input: objectSchema.default({ type: 'object', properties: {}, additionalProperties: false }),
  output: objectSchema.optional().describe('What the server answers, where it is known'),
  scopes: z
    .array(z.enum(['chat', 'embeddings', 'files', 'models', 'provider_keys']))
    .default([])
    .describe('Scopes a key needs to call it; none: public'),
  read_only: z.boolean().optional().describe('Changes nothing; default: true for GET'),
});

export const toolsSection = z
  .strictObject({
    ask_name: toolName.optional().describe('Name of the tool that answers questions; default: ask_ and the service id'),
    timeout_ms: duration.default(15_000).describe('Longest run of one call'),
    max_result_bytes: positiveInteger.default(64 * 1024).describe('Largest result of one call'),
    calls_per_hour: positiveInteger.default(120).describe('Calls of public tools from one address'),
    allowed_networks: networkList.describe(
      'Private networks that tools may ask; all others that are not public are refused',
    ),
    weather: z
      .strictObject({
        forecast_url: z.url().default('https://api.open-meteo.com/v1/forecast'),
        geocoding_url: z.url().default('https://geocoding-api.open-meteo.com/v1/search'),
      })
      .prefault({})
      .describe('A server that speaks Open-Meteo’s API'),
    http: z.record(toolName, httpTool).default({}).describe('Tools that are calls to a server of yours'),
  })
  .prefault({});

export type HttpToolConfig = z.output<typeof httpTool>;
export type ToolsSettings = z.output<typeof toolsSection>;
