import { z } from 'zod';
import type { ToolsSettings } from '../../config/tools-section.ts';
import { AppError } from '../../errors.ts';
import type { OutboundClient } from '../../outbound/guarded-request.ts';
import type { Tool } from '../tool.ts';
import { typedTool } from '../typed-tool.ts';

const input = z.strictObject({
  city: z.string().trim().min(1).max(120).describe('Name of a place, with its country where there are several'),
  days: z.int().min(1).max(7).default(1).describe('Days of forecast, from today'),
  lang: z.enum(['de', 'en']).default('en').describe('Language of the place’s name'),
});

const output = z.object({
  place: z.string(),
  country: z.string().nullable(),
  latitude: z.number(),
  longitude: z.number(),
  timezone: z.string(),
  current: z.object({
    time: z.string(),
    temperature_celsius: z.number(),
    wind_kmh: z.number(),
    description: z.string(),
  }),
  forecast: z.array(
    z.object({
      date: z.string(),
      min_celsius: z.number(),
      max_celsius: z.number(),
      description: z.string(),
    }),
  ),
});

const places = z.object({
  results: z
    .array(
      z.object({
        name: z.string(),
        country: z.string().optional(),
        latitude: z.number(),
        longitude: z.number(),
      }),
    )
    .optional(),
});

const forecastAnswer = z.object({
  timezone: z.string(),
  current: z.object({
    time: z.string(),
    temperature_2m: z.number(),
    wind_speed_10m: z.number(),
    weather_code: z.int(),
  }),
  daily: z.object({
    time: z.array(z.string()),
    temperature_2m_min: z.array(z.number()),
    temperature_2m_max: z.array(z.number()),
    weather_code: z.array(z.int()),
  }),
});

/** WMO weather interpretation codes (table 4677, as Open-Meteo groups them): from this code on, until the next. */
const descriptions: readonly (readonly [number, string])[] = [
  [0, 'clear'],
  [1, 'mainly clear'],
  [2, 'partly cloudy'],
  [3, 'overcast'],
  [45, 'fog'],
  [51, 'drizzle'],
  [56, 'freezing drizzle'],
  [61, 'rain'],
  [66, 'freezing rain'],
  [71, 'snow'],
  [80, 'rain showers'],
  [85, 'snow showers'],
  [95, 'thunderstorm'],
];

function describe(code: number): string {
  return descriptions.findLast(([from]) => code >= from)?.[1] ?? 'unknown';
}

async function ask<Schema extends z.ZodType>(
  client: OutboundClient,
  { url, query, signal }: { url: string; query: Readonly<Record<string, string>>; signal: AbortSignal },
  schema: Schema,
): Promise<z.output<Schema>> {
  const target = new URL(url);
  for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
  const { status, text } = await client.request({ method: 'GET', url: target.href, signal });
  if (status !== 200) throw new AppError('TOOL_FAILED', `The weather server answered with status ${status}.`);
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new AppError('TOOL_FAILED', 'The weather server answered something that cannot be read.', { cause: error });
  }
}

/** Weather of a place, from a server that speaks Open-Meteo's API (https://open-meteo.com/en/docs). */
export function weatherTool(settings: ToolsSettings['weather'], client: OutboundClient): Tool {
  return typedTool({
    name: 'get_weather',
    title: 'Weather',
    description:
      'Current weather and a forecast of up to seven days for a place. Use it when somebody asks for the weather somewhere.',
    isOpenWorld: true,
    input,
    output,
    handle: async ({ city, days, lang }, { signal }) => {
      const geocoding = { url: settings.geocoding_url, query: { name: city, count: '1', language: lang }, signal };
      const [place] = (await ask(client, geocoding, places)).results ?? [];
      if (place === undefined)
        throw new AppError('TOOL_ARGUMENTS_INVALID', `arguments.city: no place is called ${JSON.stringify(city)}.`, {
          param: 'arguments.city',
        });
      const query = {
        latitude: String(place.latitude),
        longitude: String(place.longitude),
        current: 'temperature_2m,wind_speed_10m,weather_code',
        daily: 'weather_code,temperature_2m_max,temperature_2m_min',
        timezone: 'auto',
        forecast_days: String(days),
      };
      const { timezone, current, daily } = await ask(
        client,
        { url: settings.forecast_url, query, signal },
        forecastAnswer,
      );
      return {
        ...{ place: place.name, country: place.country ?? null, latitude: place.latitude, longitude: place.longitude },
        timezone,
        current: {
          time: current.time,
          temperature_celsius: current.temperature_2m,
          wind_kmh: current.wind_speed_10m,
          description: describe(current.weather_code),
        },
        forecast: daily.time.slice(0, days).map((date, index) => ({
          date,
          min_celsius: daily.temperature_2m_min[index] ?? NaN,
          max_celsius: daily.temperature_2m_max[index] ?? NaN,
          description: describe(daily.weather_code[index] ?? -1),
        })),
      };
    },
  });
}
