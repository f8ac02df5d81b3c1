import type { CountTokensRequest } from '@turnpike/contract/anthropic-messages';
import type { JsonObject } from '../../../providers/provider.ts';
import { onlyNative, type TranslationGap } from './translation-gap.ts';

type Tool = NonNullable<CountTokensRequest['tools']>[number];
type ToolChoice = NonNullable<CountTokensRequest['tool_choice']>;
type Prompt = Pick<CountTokensRequest, 'tools' | 'tool_choice'>;

/** Tools of Anthropic's (`web_search_…`, `bash_…`) have no schema: it is known to its models and servers only. */
function functionOf(tool: Tool, at: string, gap: TranslationGap): JsonObject[] {
  const { type, name, description, input_schema: parameters } = tool;
  if (type !== undefined && type !== null && type !== 'custom') {
    gap.note(`${at}.type`, onlyNative(`The tool type ${JSON.stringify(type)}`));
    return [];
  }
  if (name === undefined || parameters === undefined) {
    gap.note(`${at}.${name === undefined ? 'name' : 'input_schema'}`, 'is needed of every tool.');
    return [];
  }
  return [
    {
      type: 'function',
      function: {
        name,
        ...(description === undefined || description === null ? {} : { description }),
        parameters,
        ...(tool['strict'] === true ? { strict: true } : {}),
      },
    },
  ];
}

function choiceOf({ type, name }: ToolChoice, gap: TranslationGap): unknown {
  switch (type) {
    case 'auto':
    case 'none':
      return type;
    case 'any':
      return 'required';
    case 'tool':
      if (name === undefined) gap.note('tool_choice.name', 'the name of a tool is needed.');
      return { type: 'function', function: { name } };
    default:
      gap.note(
        'tool_choice.type',
        onlyNative(`The choice ${JSON.stringify(type)} (other than auto, any, tool and none)`),
      );
      return undefined;
  }
}

/** The fields of a chat body that say which tools there are and which to use; none where there are no tools. */
export function toolFields({ tools: given, tool_choice: choice }: Prompt, gap: TranslationGap): JsonObject {
  const tools = (given ?? []).flatMap((tool, index) => functionOf(tool, `tools.${index}`, gap));
  if (tools.length === 0) return {};
  if (choice === undefined || choice === null) return { tools };
  const chosen = choiceOf(choice, gap);
  return {
    tools,
    ...(chosen === undefined ? {} : { tool_choice: chosen }),
    ...(choice.disable_parallel_tool_use === true ? { parallel_tool_calls: false } : {}),
  };
}
