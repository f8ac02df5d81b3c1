import { z } from 'zod';

/** What a file may be uploaded for. Those this API makes itself carry further ones, such as `batch_output`. */
export const filePurpose = z
  .enum(['batch', 'fine-tune', 'assistants', 'vision', 'user_data', 'evals'])
  .meta({ id: 'FilePurpose' });

export const fileObject = z
  .object({
    id: z.string(),
    object: z.literal('file'),
    bytes: z.int().nonnegative(),
    created_at: z.int().describe('Unix seconds'),
    expires_at: z.int().optional().describe('Unix seconds; absent: it is kept until it is deleted'),
    filename: z.string(),
    purpose: z.string(),
    status: z.literal('processed').describe('A file can be used as soon as it is uploaded'),
  })
  .meta({ id: 'File' });

export type FileObject = z.output<typeof fileObject>;

export const fileList = z
  .object({
    object: z.literal('list'),
    data: z.array(fileObject),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: 'FileList' });

export const fileDeleted = z
  .object({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) })
  .meta({ id: 'FileDeleted' });

export const fileParams = z.object({ file_id: z.string().min(1) });

export const fileQuery = z.object({
  after: z
    .string()
    .regex(/^file-[0-9A-Za-z]{1,64}$/, 'must be the id of a file: the last_id of the page before')
    .optional()
    .describe('last_id of the page before'),
  limit: z.coerce.number().int().min(1).max(10_000).default(10_000).describe('Page size'),
  order: z.enum(['asc', 'desc']).default('desc').describe('By time of creation'),
  purpose: z.string().min(1).max(64).optional().describe('Files of this purpose only'),
});

const secondsRange = 'must be a whole number of seconds between 3600 (an hour) and 2592000 (30 days)';

export const uploadPurpose = z.looseObject({ purpose: filePurpose });

/** The fields of an upload beside `file`, by their names in the form. */
export const uploadFields = uploadPurpose
  .extend({
    'expires_after[anchor]': z.literal('created_at').optional(),
    'expires_after[seconds]': z
      .string()
      .regex(/^\d{1,9}$/, secondsRange)
      .transform(Number)
      .refine((seconds) => seconds >= 3_600 && seconds <= 2_592_000, secondsRange)
      .optional(),
  })
  .superRefine((fields, context) => {
    for (const [one, other] of [
      ['expires_after[anchor]', 'expires_after[seconds]'],
      ['expires_after[seconds]', 'expires_after[anchor]'],
    ] as const)
      if (fields[one] !== undefined && fields[other] === undefined)
        context.addIssue({ code: 'custom', path: [other], message: `is needed with ${one}` });
  });

/** POST /files as a form: what the document shows. */
export const fileUpload = z
  .object({
    file: z.file().describe('The bytes, with a filename'),
    purpose: filePurpose,
    'expires_after[anchor]': z.literal('created_at').optional(),
    'expires_after[seconds]': z.int().min(3_600).max(2_592_000).optional(),
  })
  .meta({ id: 'FileUpload' });
