/** What a form-encoded body means: `a[b][0][c]=1` is `{a: {b: [{c: '1'}]}}`. */
export type FormValue = string | FormObject;
export interface FormObject {
  readonly [name: string]: FormValue | undefined;
}

export function parseForm(text: string): FormObject {
  const root: Record<string, FormValue> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.split(/[[\]]+/).filter((part) => part !== '');
    let place = root;
    for (const part of path.slice(0, -1)) {
      const next = place[part];
      const inner: Record<string, FormValue> = typeof next === 'object' ? (next as Record<string, FormValue>) : {};
      place[part] = inner;
      place = inner;
    }
    const last = path.at(-1);
    if (last !== undefined) place[last] = value;
  }
  return root;
}

export function textAt(form: FormObject, ...path: readonly string[]): string | undefined {
  let place: FormValue | undefined = form;
  for (const part of path) place = typeof place === 'object' ? place[part] : undefined;
  return typeof place === 'string' ? place : undefined;
}

export function objectAt(form: FormObject, name: string): FormObject {
  const value = form[name];
  return typeof value === 'object' ? value : {};
}

export function listAt(form: FormObject, name: string): readonly FormObject[] {
  return Object.values(objectAt(form, name)).filter((value) => typeof value === 'object');
}
