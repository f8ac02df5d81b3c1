/**
 * The resource a model's name stands for: `models/<name>`. A name that has its collection (`models/…`, `tunedModels/…`)
 * is taken as it is.
 */
export function modelResource(model: unknown): string {
  const name = typeof model === 'string' ? model : '';
  return name.includes('/') ? name : `models/${name}`;
}

/** Where a method of a model is, below the base URL. */
export function methodPath(model: unknown, method: string): string {
  const path = modelResource(model).split('/').map(encodeURIComponent).join('/');
  return `/${path}:${method}`;
}

/** How a model is told how much to think: by tokens (2.5), by a word (all later ones), or not at all. */
export type ThinkingControl = 'budget' | 'level' | 'none';

/** Names without a number (`gemini-flash-latest`) are those of the newest models. */
export function thinkingControl(model: string): ThinkingControl {
  if (!/gemini/i.test(model) || /gemini-(?:1|2\.0|pro-vision|embedding)/i.test(model)) return 'none';
  return /gemini-(?:2\.5|robotics-er-1\.5)/i.test(model) ? 'budget' : 'level';
}
