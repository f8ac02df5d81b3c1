import { AppError } from '../../../errors.ts';
import type { Principal } from '../../../keys/key.ts';
import { planAnswer, type AnswerSources } from '../../../knowledge/answer-plan.ts';
import type { AnswerQuestion, HubAnswer } from '../../../tools/builtin/answer-tools.ts';
import type { Gateway } from '../../gateway.ts';
import { callInside } from '../../inner-call.ts';
import type { ChatReading } from '../../reading.ts';
import { askDialect } from './ask-dialect.ts';
import { hubReading } from './hub-answer.ts';

export interface AnswerQuestionOptions {
  readonly gateway: Gateway;
  readonly answers: AnswerSources;
  readonly answerModel: string | undefined;
  readonly site: string;
  readonly urlOf: (source: string) => string | undefined;
}

const surface = 'hub-answer';

/** Whoever called was counted as a request where it came in: only tokens count here. */
function askerOf({ catalog }: Gateway, principal: Principal | undefined): Principal {
  if (principal !== undefined)
    return {
      ...principal,
      // What the hub tells everybody it tells every key, by the model that the operator chose.
      ...{ scopes: new Set([...principal.scopes, 'chat']), models: null },
      limits: catalog.limitsOf(principal).filter(({ counts }) => counts === 'tokens'),
    };
  return {
    ...{ tenantId: 'public', keyId: 'public', mode: 'live', plan: 'public', suspended: false },
    ...{ scopes: new Set(['chat']), models: null, limits: [], pinnedVersion: undefined },
  };
}

async function read(options: AnswerQuestionOptions, text: string, lang: 'de' | 'en' | undefined): Promise<ChatReading> {
  const { gateway, answers, answerModel, site, urlOf } = options;
  const model = answerModel === undefined ? undefined : gateway.catalog.model(answerModel);
  const plan = await planAnswer(answers, text, { lang, model: model?.name });
  return {
    ...hubReading({ plan, model, question: text, history: [], stream: false }),
    dialect: askDialect({ plan, question: text, queryId: '', site, urlOf }),
  };
}

/** Questions that tools and jobs ask inside the process, on the same road as those from outside. */
export function createAnswerQuestion(options: AnswerQuestionOptions): AnswerQuestion {
  const { gateway } = options;
  return async ({ text, lang, principal, signal }) => {
    const asker = askerOf(gateway, principal);
    const captured = await callInside(gateway, {
      ...{ surface, route: '/ask', body: { query: text }, signal },
      read: () => read(options, text, lang),
      authenticate: () => Promise.resolve(asker),
      apiVersion: gateway.contracts.registry.latest.name,
    });
    signal.throwIfAborted();
    if (captured === undefined) throw new AppError('UPSTREAM_ERROR', 'The question was given up.');
    const {
      _meta: meta,
      answer,
      citations,
      follow_up,
    } = JSON.parse(captured.text) as HubAnswer & {
      readonly _meta: { readonly source: string };
    };
    return { answer, source: meta.source, citations, follow_up };
  };
}
