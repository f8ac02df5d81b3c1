import type { AnswerPlan } from '../../../knowledge/answer-plan.ts';
import type { JsonObject } from '../../../providers/provider.ts';
import type { VersionedEvent } from '../../../versions/version-change.ts';
import type { AnswerDialect } from '../../dialect.ts';

/** The version of NLWeb whose envelope is spoken. */
const nlwebVersion = '0.55';

export interface AskContext {
  readonly plan: AnswerPlan;
  readonly question: string;
  readonly queryId: string;
  /** Origin of this server. */
  readonly site: string;
  /** Address of a document on this server; undefined: it is not served. */
  readonly urlOf: (source: string) => string | undefined;
}

interface Choice {
  readonly message?: { readonly content?: unknown };
}

function resultsOf({ plan, site, urlOf }: AskContext): JsonObject[] {
  return plan.references.flatMap(({ source, title, text, score }) => {
    const url = urlOf(source);
    if (url === undefined) return [];
    const schema = { '@type': 'TechArticle', name: title, url };
    return [{ url, name: title, site, score: Math.round(score * 100), description: text, schema_object: schema }];
  });
}

function answerOf(context: AskContext, answer: string): JsonObject {
  const results = resultsOf(context);
  return {
    _meta: { response_type: 'answer', version: nlwebVersion, source: context.plan.source },
    answer,
    citations: [...new Set(results.map(({ url }) => url))],
    follow_up: context.plan.followUp,
    results,
    query_id: context.queryId,
  };
}

/** An event with its name in its data too, where NLWeb's older clients look for it. */
function event(name: string, data: JsonObject): VersionedEvent {
  return { name, data: JSON.stringify({ message_type: name, ...data }) };
}

/**
 * Answers of `ask`: S1's AskResponse with NLWeb's results beside it; in a stream `start`, `token`…, `result`, `complete`.
 * Only `complete` says that an answer is whole (S4).
 */
export function askDialect(context: AskContext): AnswerDialect {
  const meta = { response_type: 'answer', version: nlwebVersion, source: context.plan.source };
  return {
    shapeAnswer: ({ choices }) => {
      const [choice] = Array.isArray(choices) ? (choices as Choice[]) : [];
      const content = choice?.message?.content;
      return answerOf(context, typeof content === 'string' ? content : '');
    },
    openStream: () => {
      let answer = '';
      let hasStarted = false;
      const start = (): VersionedEvent[] => {
        if (hasStarted) return [];
        hasStarted = true;
        return [event('start', { _meta: meta, query_id: context.queryId, query: context.question })];
      };
      return {
        onChunk: (_chunk, choices) => {
          const token = choices.map(({ delta }) => (typeof delta?.content === 'string' ? delta.content : '')).join('');
          answer += token;
          return token === '' ? start() : [...start(), event('token', { token })];
        },
        finish: () => {
          const whole = answerOf(context, answer);
          const summary = { '@type': 'SearchSummary', text: answer };
          return [
            ...start(),
            event('result', { index: 0, item: summary, ...whole }),
            event('complete', { _meta: meta, query_id: context.queryId }),
          ];
        },
      };
    },
    closing: '',
  };
}
