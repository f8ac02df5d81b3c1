import { z } from 'zod';

const instant = z.string().describe('RFC 3339');

export const memberRole = z.enum(['owner', 'admin', 'developer', 'billing', 'viewer']);

export const member = z
  .object({
    id: z.string(),
    user_id: z.string(),
    name: z.string(),
    email: z.string(),
    role: memberRole,
    joined_at: instant,
    is_you: z.boolean(),
  })
  .meta({ id: 'Member' });

export const changeMemberRequest = z.strictObject({ role: memberRole }).meta({ id: 'ChangeMemberRequest' });

export const inviteRequest = z
  .strictObject({ email: z.email().max(254), role: memberRole.default('developer') })
  .meta({ id: 'InviteRequest' });

export const invitation = z
  .object({
    id: z.string(),
    organization: z.string(),
    organization_name: z.string(),
    email: z.string(),
    role: memberRole,
    status: z.enum(['pending', 'accepted', 'canceled', 'rejected']),
    invited_by: z.string(),
    expires_at: instant,
    created_at: instant,
  })
  .meta({ id: 'Invitation' });

export const auditEvent = z
  .object({
    id: z.string(),
    action: z.string().describe('The operation, as the API names it'),
    actor: z.object({
      kind: z.enum(['member', 'staff', 'operator', 'system']),
      id: z.string(),
      name: z.string(),
    }),
    target: z.string().nullable().describe('Id of what it was done to'),
    details: z.record(z.string(), z.unknown()),
    address: z.string().nullable(),
    created_at: instant,
  })
  .meta({ id: 'AuditEvent' });

export const organizationSettings = z
  .object({
    id: z.string(),
    name: z.string(),
    contact_email: z.string().nullable(),
    region: z.string().nullable(),
    kept_bodies_days: z
      .int()
      .nullable()
      .describe('For so many days requests and answers are kept as they were; null: not at all'),
    plan: z.string(),
    suspended: z.boolean(),
    trial_ends_at: instant.nullable(),
    created_at: instant,
  })
  .meta({ id: 'OrganizationSettings' });

export const closeOrganizationRequest = z
  .strictObject({ name: z.string().min(1).max(200).describe('Its name, so that none is closed by mistake') })
  .meta({ id: 'CloseOrganizationRequest' });

export const closedOrganization = z.object({ id: z.string(), closed_at: instant }).meta({ id: 'ClosedOrganization' });

export const updateOrganizationRequest = z
  .strictObject({
    name: z.string().trim().min(1).max(200).optional(),
    contact_email: z.email().max(254).nullable().optional(),
    region: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a region such as eu or us-east-1')
      .nullable()
      .optional(),
    kept_bodies_days: z.int().min(1).max(90).nullable().optional(),
  })
  .refine(
    (change) => Object.keys(change).length > 0,
    'name at least one of name, contact_email, region, kept_bodies_days',
  )
  .meta({ id: 'UpdateOrganizationRequest' });
