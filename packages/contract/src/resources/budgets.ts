/** Budgets: how much of which unit a scope may use in a window, and how much of that is gone. */
import { Type } from 'typebox';
import {
  AMOUNT_PATTERN,
  AppId,
  BudgetId,
  KeyId,
  Label,
  ModelId,
  nullable,
  OrgId,
  PageQuery,
  pageOf,
  strict,
  Time,
  TimeZone,
  UserId,
} from '../fields.ts';
import type { Operation } from '../operation.ts';

const Scope = strict(
  {
    type: Type.Enum(['organization', 'application', 'user', 'key']),
    org_id: OrgId,
    app_id: Type.Optional(AppId),
    user_id: Type.Optional(UserId),
    key_id: Type.Optional(KeyId),
  },
  'BudgetScope',
);

const Match = strict(
  { label: Type.Optional(Label), model_id: Type.Optional(ModelId) },
  'BudgetMatch',
);

const Limit = strict(
  {
    unit: Type.Enum(['usd', 'tokens', 'requests']),
    amount: Type.String({
      pattern: AMOUNT_PATTERN,
      description: 'Exact decimal string for `usd`, whole number for the other units.',
    }),
  },
  'BudgetLimit',
);

const Window = Type.Enum(['hour', 'day', 'week', 'month', 'total'], {
  description: 'How often the budget starts anew, by the calendar of its time zone.',
});
const Mode = Type.Enum(['enforce', 'warn'], {
  description: '`enforce` refuses what does not fit; `warn` only counts.',
});

const Thresholds = Type.Array(Type.Integer({ minimum: 1, maximum: 1000 }), {
  maxItems: 20,
  description:
    'At how many percent of the limit somebody is told, once a window each. None: never. Default ' +
    '50, 80, 95 and 100.',
});

const BudgetInput = strict(
  {
    scope: Scope,
    match: Type.Optional(Match),
    limit: Limit,
    window: Window,
    timezone: Type.Optional(TimeZone),
    mode: Type.Optional(Mode),
    alert_thresholds_pct: Type.Optional(Thresholds),
  },
  'BudgetInput',
);

/** A figure in the unit of its budget. */
function figure(description: string) {
  return Type.String({ description });
}

export const Budget = strict(
  {
    budget_id: BudgetId,
    scope: Scope,
    match: nullable(Match),
    limit: Limit,
    window: Window,
    timezone: TimeZone,
    mode: Mode,
    alert_thresholds_pct: Thresholds,
    spent: figure('Known charges of this window.'),
    ceiling: figure('What calls of unknown cost can have taken on top of `spent`.'),
    held: figure('Reserved for calls that are running.'),
    remaining: figure('What new calls may still reserve; never negative.'),
    high_water: figure('The most that spent + ceiling + held ever came to in this window.'),
    excess: figure('By how much the limit was passed, all causes together.'),
    excess_by: strict(
      {
        over_bound: figure('The upstream used more than its bound.'),
        submitted: figure('Usage was reported after the fact.'),
        correction: figure('A correction raised an entry.'),
        limit_lowered: figure('The limit was set below what was already taken.'),
      },
      'BudgetExcess',
    ),
    window_start: nullable(Time),
    resets_at: nullable(Time),
    exhausts_at: Type.Optional(
      nullable({
        ...Time,
        description:
          'When it will be spent at the rate of the last hour (of this window); null when it ' +
          'will not be before it starts anew. Stated where one budget is read.',
      }),
    ),
  },
  'Budget',
);

const params = strict({ budget_id: BudgetId });

export const budgets = {
  putBudget: {
    method: 'PUT',
    path: '/api/v1/budgets/{budget_id}',
    summary: 'Create or replace a budget; it starts with what its window has already spent',
    access: 'provisioning',
    params,
    query: null,
    body: BudgetInput,
    result: Budget,
    success: [200, 201],
    errors: [
      'INVALID_REQUEST',
      'INVALID_CONFIG',
      'UNAUTHORIZED',
      'FORBIDDEN',
      'NOT_FOUND',
      'ALREADY_EXISTS',
    ],
    command: { noun: 'budgets', verb: 'put' },
  },
  getBudget: {
    method: 'GET',
    path: '/api/v1/budgets/{budget_id}',
    summary: 'Read a budget and its present window',
    access: 'usage',
    params,
    query: null,
    body: null,
    result: Budget,
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'budgets', verb: 'get' },
  },
  listBudgets: {
    method: 'GET',
    path: '/api/v1/budgets',
    summary: 'List budgets and their present windows',
    access: 'usage',
    params: null,
    query: strict({ org_id: Type.Optional(OrgId), ...PageQuery }),
    body: null,
    result: pageOf('budgets', Budget),
    success: [200],
    errors: ['INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'budgets', verb: 'list' },
  },
  deleteBudget: {
    method: 'DELETE',
    path: '/api/v1/budgets/{budget_id}',
    summary: 'Delete a budget; calls that are running go on without it',
    access: 'provisioning',
    params,
    query: null,
    body: null,
    result: null,
    success: [204],
    errors: ['INVALID_REQUEST', 'INVALID_CONFIG', 'UNAUTHORIZED', 'FORBIDDEN', 'NOT_FOUND'],
    command: { noun: 'budgets', verb: 'delete' },
  },
} as const satisfies Record<string, Operation>;
