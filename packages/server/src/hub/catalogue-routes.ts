import {
  consultingCatalogue,
  consultingTier,
  discoveryCall,
  hardwareCatalogue,
  siteMeta,
  trainingCatalogue,
} from '@turnpike/contract/hub-catalogues';
import { z } from 'zod';
import type { Catalogues } from '../catalogues/catalogues.ts';
import { AppError } from '../errors.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';

/** Prices change seldom; a change is seen within five minutes. */
const cacheSeconds = 300;
const common = { method: 'GET', security: 'none', cacheSeconds } as const;

function listRoutes({ consulting, training, hardware }: Catalogues): ApiRoute[] {
  return [
    jsonRoute({
      ...common,
      path: '/api/consulting.json',
      operationId: 'listConsultingPackages',
      summary: 'List the consulting packages',
      tag: 'catalogues',
      query: z.object({
        tier: z
          .enum([...consultingTier.options, 'all'])
          .default('all')
          .describe('Only packages of this tier'),
      }),
      responses: { 200: { description: 'The packages', schema: consultingCatalogue } },
      handle: ({ query: { tier } }) => ({
        status: 200,
        body: { packages: consulting.filter((entry) => tier === 'all' || entry.tier === tier) },
      }),
    }),
    jsonRoute({
      ...common,
      path: '/api/training.json',
      operationId: 'listTrainings',
      summary: 'List the trainings',
      tag: 'catalogues',
      responses: { 200: { description: 'The trainings', schema: trainingCatalogue } },
      handle: () => ({ status: 200, body: { trainings: training } }),
    }),
    jsonRoute({
      ...common,
      path: '/api/hardware.json',
      operationId: 'listHardwareBoxes',
      summary: 'List the hardware boxes',
      tag: 'catalogues',
      responses: { 200: { description: 'The boxes', schema: hardwareCatalogue } },
      handle: () => ({ status: 200, body: { boxes: hardware } }),
    }),
  ];
}

/** The public catalogues of S1: what a preset offers beside its API. */
export function catalogueRoutes(catalogues: Catalogues, publicUrl: string): ApiRoute[] {
  const { site, discovery_call: call } = catalogues;
  const agentEntrypoints = {
    llms: `${publicUrl}/llms.txt`,
    llmsFull: `${publicUrl}/llms-full.txt`,
    openapi: `${publicUrl}/openapi.json`,
    mcp: `${publicUrl}/mcp`,
    agentSkills: `${publicUrl}/.well-known/agent-skills/index.json`,
  };
  return [
    ...listRoutes(catalogues),
    jsonRoute({
      ...common,
      path: '/api/discovery-call.json',
      operationId: 'getDiscoveryCallUrl',
      summary: 'Where to book a discovery call',
      tag: 'catalogues',
      responses: { 200: { description: 'The call', schema: discoveryCall } },
      handle: () => {
        if (call !== undefined) return { status: 200, body: call };
        throw new AppError('RESOURCE_NOT_FOUND', 'No discovery calls are offered here.');
      },
    }),
    jsonRoute({
      ...common,
      path: '/api/site-meta.json',
      operationId: 'getSiteMeta',
      summary: 'What agents should know of this site',
      tag: 'catalogues',
      responses: { 200: { description: 'The site', schema: siteMeta } },
      handle: () => ({ status: 200, body: { ...site, agentEntrypoints } }),
    }),
  ];
}
