import { z } from 'zod';
import type { ObjectSchema, Tool, ToolContext } from './tool.ts';

/** JSON Schema of a zod object, as models and MCP clients are told it. */
function objectSchemaOf(schema: z.ZodObject, io: 'input' | 'output'): ObjectSchema {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', reused: 'inline' });
  return { ...json, type: 'object' };
}

/** A tool whose schemas are zod's: its handler gets what they say. */
export function typedTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  tool: Omit<Tool, 'input' | 'output' | 'handle' | 'scopes' | 'isReadOnly' | 'isOpenWorld'> &
    Partial<Pick<Tool, 'scopes' | 'isReadOnly' | 'isOpenWorld'>> & {
      readonly input: Input;
      readonly output: Output;
      readonly handle: (args: z.output<Input>, context: ToolContext) => Promise<z.input<Output>> | z.input<Output>;
    },
): Tool {
  const { input, output, handle, ...rest } = tool;
  return {
    ...{ scopes: [], isReadOnly: true, isOpenWorld: false },
    ...rest,
    input: objectSchemaOf(input, 'input'),
    output: objectSchemaOf(output, 'output'),
    handle: async (args, context) => output.parse(await handle(input.parse(args), context)),
  };
}
