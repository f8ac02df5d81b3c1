import type { JsonObject } from '../providers/provider.ts';
import type { Language } from './language.ts';

/** A tool that answers some questions better than any text could. */
export interface ToolQuestion {
  readonly name: string;
  /** The arguments, where the question is surely one for this tool. */
  readonly match: (question: string) => JsonObject | undefined;
  /** What the tool answered, as Markdown. */
  readonly say: (result: JsonObject, language: Language) => string;
}

const weatherWords = /\b(?:weather|forecast|wetter|wettervorhersage)\b/i;
const place = /\b(?:in|at|for|f[üu]r)\s+((?:\p{Lu}[\p{L}.'-]*)(?:\s+(?:\p{Lu}[\p{L}.'-]*|am|an|der|de|la|upon))*)/u;
/** Words that stand where a place would, and are none. */
const noPlaces = new Set(['January', 'Germany', 'Summer', 'Winter', 'Your', 'Ihrem', 'Ihrer', 'JSON', 'MCP', 'API']);

interface Weather {
  readonly place: string;
  readonly country: string | null;
  readonly current: { readonly temperature_celsius: number; readonly wind_kmh: number; readonly description: string };
  readonly forecast: readonly {
    readonly date: string;
    readonly min_celsius: number;
    readonly max_celsius: number;
    readonly description: string;
  }[];
}

const germanWeather: Readonly<Record<string, string>> = {
  clear: 'klar',
  'mainly clear': 'meist klar',
  'partly cloudy': 'teils bewölkt',
  overcast: 'bedeckt',
  fog: 'Nebel',
  drizzle: 'Nieselregen',
  'freezing drizzle': 'gefrierender Nieselregen',
  rain: 'Regen',
  'freezing rain': 'gefrierender Regen',
  snow: 'Schnee',
  'rain showers': 'Regenschauer',
  'snow showers': 'Schneeschauer',
  thunderstorm: 'Gewitter',
};

function sayWeather(result: JsonObject, language: Language): string {
  const { place: name, country, current, forecast } = result as unknown as Weather;
  const isGerman = language === 'de';
  const sky = (text: string) => (isGerman ? (germanWeather[text] ?? text) : text);
  const where = country === null ? name : `${name} (${country})`;
  const now = `${current.temperature_celsius} °C, ${sky(current.description)}, ${isGerman ? 'Wind' : 'wind'} ${current.wind_kmh} km/h`;
  const days = forecast.map(
    ({ date, min_celsius: low, max_celsius: high, description }) =>
      `- ${date}: ${low} – ${high} °C, ${sky(description)}`,
  );
  return [`**${where}**: ${now}`, ...days].join('\n');
}

interface Company {
  readonly brand: string;
  readonly company: Readonly<Record<string, string>>;
}

const companyLabels: Readonly<Record<string, readonly [string, string]>> = {
  name: ['Company', 'Firma'],
  address: ['Address', 'Anschrift'],
  register: ['Register', 'Register'],
  trademark: ['Trademark', 'Marke'],
  email: ['Mail', 'E-Mail'],
  website: ['Website', 'Website'],
};

function sayCompany(result: JsonObject, language: Language): string {
  const { company } = result as unknown as Company;
  return Object.entries(company)
    .map(([field, value]) => `- ${companyLabels[field]?.[language === 'de' ? 1 : 0] ?? field}: ${value}`)
    .join('\n');
}

const companyQuestion =
  /\b(?:imprint|impressum|handelsregister\w*|hrb|who (?:runs|operates|owns) (?:this|the) (?:platform|site|service|website)|wer (?:betreibt|steckt hinter)\b|postal address|postanschrift|firmenanschrift)\b/i;

/** Questions that a tool answers, tried between the FAQ and the model; each only where it is surely meant. */
export const toolQuestions: readonly ToolQuestion[] = [
  {
    name: 'get_weather',
    match: (question) => {
      if (!weatherWords.test(question)) return undefined;
      const city = place.exec(question)?.[1]?.trim();
      if (city === undefined || noPlaces.has(city)) return undefined;
      const isLater = /\b(?:tomorrow|morgen|week|woche|days|tage)\b/i.test(question);
      return { city, days: isLater ? 3 : 1 };
    },
    say: sayWeather,
  },
  {
    name: 'get_company_info',
    match: (question) => (companyQuestion.test(question) ? {} : undefined),
    say: sayCompany,
  },
];
