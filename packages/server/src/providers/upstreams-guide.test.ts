import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { interpolate } from '../config/interpolate.ts';
import { isConfigMap } from '../config/overlay.ts';
import { modelSchema, upstreamSchema } from '../config/schema.ts';
import { parseConfigYaml } from '../config/yaml-file.ts';
import { projectFolder } from '../project-folders.ts';

const guide = await readFile(join(projectFolder, 'docs/upstreams.md'), 'utf8');
const samples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
/** Every variable the guide names, so that none is missing. */
const env = Object.fromEntries([...guide.matchAll(/\$\{([A-Z_]+)\}/g)].map((match) => [match[1] ?? '', 'sk-x']));

test('every sample of the guide to upstreams is a configuration this server takes', () => {
  const kinds = samples.flatMap((sample) => {
    const { map, problems } = interpolate(parseConfigYaml(sample, 'the guide'), env);
    expect(problems).toEqual([]);
    const { upstreams, models } = map;
    for (const model of Object.values(isConfigMap(models) ? models : {}))
      expect(modelSchema.safeParse(model).error).toBeUndefined();
    return Object.values(isConfigMap(upstreams) ? upstreams : {}).map(
      (upstream) => upstreamSchema.parse(upstream).kind,
    );
  });
  expect(kinds.length).toBeGreaterThanOrEqual(11);
  for (const kind of upstreamSchema.shape.kind.options)
    if (kind !== 'builtin') expect(kinds, `a sample of kind ${kind}`).toContain(kind);
});
