import { z } from 'zod';

export const pageQuery = {
  after: z.string().min(1).max(512).optional().describe('Cursor of the previous page (pagination.cursor)'),
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('Page size'),
};

export const pagination = z
  .object({
    cursor: z.string().nullable().describe('Opaque; null on the last page'),
    has_more: z.boolean(),
    limit: z
      .int()
      .max(200)
      .meta({ examples: [50] }),
  })
  .meta({ id: 'Pagination' });

/** A page of `row`: `{data, pagination}`. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.object({ data: z.array(row), pagination });
}
