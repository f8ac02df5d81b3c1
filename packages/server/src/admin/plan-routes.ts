import { adminPlan, planOverride } from '@turnpike/contract/admin-plans';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';
import type { PlanBook, PlanEntry } from '../plans/plan-book.ts';

const params = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'must be a name of letters, digits, dots and dashes'),
});
const common = { tag: 'admin', security: 'admin' } as const;

function present({ name, plan, configured, override, tenants }: PlanEntry): z.output<typeof adminPlan> {
  return {
    name,
    title: plan.title ?? name,
    requests_per_minute: plan.requests_per_minute ?? null,
    tokens_per_minute: plan.tokens_per_minute ?? null,
    tokens_per_day: plan.tokens_per_day ?? null,
    tokens_per_month: plan.tokens_per_month ?? null,
    limits_per: plan.limits_per,
    models: plan.models === undefined ? null : [...plan.models],
    trial_days: plan.trial_days ?? null,
    is_configured: configured !== undefined,
    changes: override ?? null,
    tenants,
  };
}

async function planOf(book: PlanBook, name: string) {
  const entry = (await book.list()).find((each) => each.name === name);
  if (entry === undefined)
    throw new AppError('RESOURCE_NOT_FOUND', `There is no plan ${JSON.stringify(name)}.`, { param: 'name' });
  return { status: 200, body: present(entry) };
}

/** Plans as they are in force; staff change their bounds while the service runs. */
export function planRoutes(book: PlanBook, isModel: (name: string) => boolean): ApiRoute[] {
  return [
    jsonRoute({
      ...common,
      method: 'GET',
      path: '/admin/v1/plans',
      operationId: 'listPlans',
      summary: 'Plans in force, and who is on them',
      responses: { 200: { description: 'All plans', schema: z.object({ data: z.array(adminPlan) }) } },
      handle: async () => ({ status: 200, body: { data: (await book.list()).map(present) } }),
    }),
    jsonRoute({
      ...{ ...common, params },
      method: 'PUT',
      path: '/admin/v1/plans/{name}',
      operationId: 'changePlan',
      summary: 'Change the bounds of a plan, or make a new one; in force everywhere within about a second',
      body: planOverride,
      responses: { 200: { description: 'The plan', schema: adminPlan } },
      handle: async ({ params: { name }, body }) => {
        const unknown = body.models?.findIndex((model) => !isModel(model)) ?? -1;
        if (unknown !== -1)
          throw new AppError('INVALID_REQUEST', `models.${unknown}: there is no such model.`, {
            param: `models.${unknown}`,
          });
        await book.change(name, body);
        return planOf(book, name);
      },
    }),
    jsonRoute({
      ...{ ...common, params },
      method: 'DELETE',
      path: '/admin/v1/plans/{name}',
      operationId: 'resetPlan',
      summary: 'Take back what was changed: the plan is as the configuration has it, or gone',
      responses: { 200: { description: 'Done', schema: z.object({ name: z.string(), reset: z.literal(true) }) } },
      handle: async ({ params: { name } }) => {
        await book.reset(name);
        return { status: 200, body: { name, reset: true } };
      },
    }),
  ];
}
