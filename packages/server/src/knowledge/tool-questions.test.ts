import { describe, expect, test } from 'vitest';
import { toolQuestions } from './tool-questions.ts';

function matchOf(question: string): [string, object] | undefined {
  for (const { name, match } of toolQuestions) {
    const args = match(question);
    if (args !== undefined) return [name, args];
  }
  return undefined;
}

describe('a question', () => {
  test.each([
    ['What is the weather in Aschaffenburg?', { city: 'Aschaffenburg', days: 1 }],
    ['Wie wird das Wetter morgen in Frankfurt am Main?', { city: 'Frankfurt am Main', days: 3 }],
    ['weather forecast for New York this week', { city: 'New York', days: 3 }],
  ])('about the weather somewhere is for the tool: %s', (question, args) => {
    expect(matchOf(question)).toEqual(['get_weather', args]);
  });

  test.each([
    'Who operates this platform?',
    'Wo finde ich das Impressum?',
    'Wer betreibt diese Seite?',
    'Handelsregisternummer?',
  ])('about who runs it is for the tool: %s', (question) => {
    expect(matchOf(question)).toEqual(['get_company_info', {}]);
  });

  test.each([
    'What is the weather like?',
    'Does the API have a weather tool?',
    'How do I call get_weather in MCP?',
    'Which plans are there?',
    'Who may see my keys?',
    'Wer darf Schlüssel erneuern?',
  ])('that is not surely for a tool is not: %s', (question) => {
    expect(matchOf(question)).toBeUndefined();
  });
});

describe('an answer', () => {
  const weather = toolQuestions.find(({ name }) => name === 'get_weather');
  test('says the weather in the language asked for', () => {
    const result = {
      ...{ place: 'Berlin', country: null },
      current: { temperature_celsius: 3, wind_kmh: 9, description: 'overcast' },
      forecast: [{ date: '2026-11-24', min_celsius: 1, max_celsius: 5, description: 'rain' }],
    };
    expect(weather?.say(result, 'de')).toBe('**Berlin**: 3 °C, bedeckt, Wind 9 km/h\n- 2026-11-24: 1 – 5 °C, Regen');
    expect(weather?.say(result, 'en')).toContain('overcast');
  });
});
