import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Person } from '../accounts/membership-store.ts';
import type { Staff } from '../accounts/staff.ts';
import { jsonRoute, type ApiRoute } from '../http/api-route.ts';

const params = z.object({ id: z.string().max(128) });

const visit = z
  .object({ tenant_id: z.string(), expires_at: z.string().nullable().describe('RFC 3339; null: it is over') })
  .meta({ id: 'StaffVisit' });

/** A visit is a person's, with a name in the tenant's log: the admin token has none. @throws AppError FORBIDDEN */
function requirePerson(person: Person | undefined): Person {
  if (person !== undefined) return person;
  throw new AppError(
    'INSUFFICIENT_ROLE',
    'Sign in to the console as one of the staff: the admin token is nobody’s name.',
  );
}

/** Staff look in on a tenant's console, for an hour, with a reason that the tenant can read. */
export function visitRoutes(staff: Staff): ApiRoute[] {
  const common = { params, path: '/admin/v1/tenants/{id}/visit', tag: 'admin', security: 'admin' } as const;
  const responses = { 200: { description: 'The visit', schema: visit } };
  return [
    jsonRoute({
      ...common,
      method: 'POST',
      operationId: 'visitTenant',
      summary: 'Act in a tenant’s console for an hour',
      body: z
        .strictObject({ reason: z.string().trim().min(3).max(200).describe('Stands in the tenant’s audit log') })
        .meta({ id: 'VisitRequest' }),
      responses,
      handle: async ({ params: { id }, body, person }) => {
        const until = await staff.visit(requirePerson(person), id, body.reason);
        return { status: 200, body: { tenant_id: id, expires_at: until.toISOString() } };
      },
    }),
    jsonRoute({
      ...common,
      method: 'DELETE',
      operationId: 'leaveTenant',
      summary: 'End a visit',
      responses,
      handle: async ({ params: { id }, person }) => {
        await staff.leave(requirePerson(person), id);
        return { status: 200, body: { tenant_id: id, expires_at: null } };
      },
    }),
  ];
}
