import { join } from 'node:path';
import type { Catalogues } from './catalogues/catalogues.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/schema.ts';
import type { AnswerSources } from './knowledge/answer-plan.ts';
import { createAddressGuard } from './outbound/address-guard.ts';
import { createOutboundClient } from './outbound/guarded-request.ts';
import { projectFolder } from './project-folders.ts';
import { answerTools, type AnswerQuestion } from './tools/builtin/answer-tools.ts';
import { catalogueTools } from './tools/builtin/catalogue-tools.ts';
import { weatherTool } from './tools/builtin/get-weather.ts';
import { httpTool } from './tools/http-tool.ts';
import { createToolRegistry } from './tools/registry.ts';
import type { ToolRegistry } from './tools/tool.ts';
import { readToolFiles } from './tools/tool-files.ts';

export interface OpenToolsOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly catalogues: Catalogues;
  readonly answers: AnswerSources;
  readonly answer: AnswerQuestion;
  readonly urlOf: (source: string) => string | undefined;
}

/** A tool's result is cut from what its server answers, so that may be larger. */
const answerFactor = 16;

/**
 * The six tools of the platform, those of the preset's folder and those of the configuration.
 * @throws StartError naming the tool that is not valid
 */
export async function openTools(
  options: OpenToolsOptions,
): Promise<{ readonly tools: ToolRegistry; readonly close: () => Promise<void> }> {
  const { config, clock, catalogues, answers, answer, urlOf } = options;
  const { brand, tools: settings, models, plans } = config.settings;
  const guard = createAddressGuard(settings.allowed_networks);
  const client = createOutboundClient({ guard, maxBytes: settings.max_result_bytes * answerFactor });
  const askName = settings.ask_name ?? `ask_${brand.service_id.replaceAll(/[^a-zA-Z0-9_-]/g, '_')}`.slice(0, 64);
  const tools = createToolRegistry({
    clock,
    timeoutMs: settings.timeout_ms,
    maxResultBytes: settings.max_result_bytes,
    tools: [
      ...answerTools({ askName, brandName: brand.name, answer, searchFaq: answers.searchFaq, urlOf }),
      ...catalogueTools({ brand, publicUrl: config.publicUrl, models, plans, catalogues }),
      weatherTool(settings.weather, client),
      ...Object.entries(settings.http).map(([name, tool]) => httpTool(name, tool, client)),
      ...(await readToolFiles(join(projectFolder, 'presets', config.preset))),
    ],
  });
  return { tools, close: () => client.close() };
}
