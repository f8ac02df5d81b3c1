import type { z } from 'zod';
import { AppError } from '../errors.ts';

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly errors?: readonly (readonly Issue[])[] | undefined;
  readonly keys?: readonly string[] | undefined;
}

/** Of a union's alternatives, the issue that got furthest into the value says most. */
function mostTelling(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.errors === undefined) return issue;
  const inner = issue.errors.flat().map((entry) => mostTelling({ ...entry, path: [...issue.path, ...entry.path] }));
  const deepest = inner.toSorted((left, right) => right.path.length - left.path.length)[0];
  return deepest !== undefined && deepest.path.length > issue.path.length ? deepest : issue;
}

/** The AppError for the first issue zod found: it names the field as the caller wrote it. */
function validationError(error: z.ZodError, root: string): AppError {
  const first = error.issues[0];
  if (first === undefined) return new AppError('INVALID_REQUEST', `The ${root} is not valid.`);
  const issue = mostTelling(first);
  const path = issue.path.map(String).join('.');
  const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys?.[0] : undefined;
  const param = [path, unknownKey].filter((part) => part !== undefined && part !== '').join('.') || root;
  const what = unknownKey === undefined ? issue.message : 'this field is not known here';
  return new AppError('INVALID_REQUEST', `${param}: ${what}.`, { param });
}

/** Validates `value`. @throws AppError INVALID_REQUEST naming the field */
export function validate<Schema extends z.ZodType>(schema: Schema, value: unknown, root: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (!result.success) throw validationError(result.error, root);
  return result.data;
}
