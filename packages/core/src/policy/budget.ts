/**
 * Budgets: how much of which unit a scope may use in a window. A budget is matched by scope and by
 * an optional label or model; the window is that of the moment of dispatch, in the budget's time
 * zone.
 */
import { isNameOfModel } from '../catalog/model-id.ts';
import type { Subject } from '../identity.ts';

/** What a budget counts: pico-US-dollars, tokens of all classes, or requests. */
export type BudgetUnit = 'usd' | 'tokens' | 'requests';

/** How often a budget starts anew. Weeks start on Monday (ISO 8601); `total` never starts anew. */
export type WindowKind = 'hour' | 'day' | 'week' | 'month' | 'total';

/** Whose use a budget counts. Each kind names the ids that it needs, and no others. */
export type BudgetScope =
  | { readonly type: 'organization'; readonly org_id: string }
  | { readonly type: 'application'; readonly org_id: string; readonly app_id: string }
  | { readonly type: 'user'; readonly org_id: string; readonly user_id: string }
  | { readonly type: 'key'; readonly org_id: string; readonly key_id: string };

/**
 * Narrows a budget to one label or to one model. A model id counts its cross-region forms too
 * (`us.`, `global.`, ...), or a prefix would be a way round the budget; a prefixed id counts only
 * itself.
 */
export type BudgetMatch = { readonly label: string } | { readonly model_id: string };

/** One limit. `amount` is in pico-USD, tokens or requests, by `unit`. */
export interface Budget {
  readonly budget_id: string;
  readonly scope: BudgetScope;
  readonly match: BudgetMatch | null;
  readonly limit: { readonly unit: BudgetUnit; readonly amount: bigint };
  readonly window: WindowKind;
  /** IANA time zone whose local calendar the window follows. */
  readonly timezone: string;
  /** `enforce` refuses what does not fit; `warn` only counts. */
  readonly mode: 'enforce' | 'warn';
  /**
   * At how much of the limit somebody is told, in whole percent. Absent: see
   * `ALERT_THRESHOLDS_PCT`; empty: never.
   */
  readonly alert_thresholds_pct?: readonly number[];
}

/** What one attempt takes from budgets, one figure a unit. */
export interface Amounts {
  readonly usd: bigint;
  readonly tokens: bigint;
  readonly requests: bigint;
}

/** Whether only limit, mode or thresholds differ: then the figures of the windows still hold. */
export function sameKind(a: Budget, b: Budget): boolean {
  return (
    a.window === b.window &&
    a.timezone === b.timezone &&
    a.limit.unit === b.limit.unit &&
    sameScope(a.scope, b.scope) &&
    sameMatch(a.match, b.match)
  );
}

function sameScope(a: BudgetScope, b: BudgetScope): boolean {
  if (a.org_id !== b.org_id) return false;
  switch (a.type) {
    case 'organization':
      return b.type === a.type;
    case 'application':
      return b.type === a.type && b.app_id === a.app_id;
    case 'user':
      return b.type === a.type && b.user_id === a.user_id;
    case 'key':
      return b.type === a.type && b.key_id === a.key_id;
  }
}

function sameMatch(a: BudgetMatch | null, b: BudgetMatch | null): boolean {
  if (a === null || b === null) return a === b;
  if ('label' in a) return 'label' in b && a.label === b.label;
  return 'model_id' in b && a.model_id === b.model_id;
}

/** Whether a budget counts this subject: scope and match both have to agree. */
export function covers(budget: Budget, subject: Subject): boolean {
  return coversScope(budget.scope, subject) && coversMatch(budget.match, subject);
}

function coversScope(scope: BudgetScope, subject: Subject): boolean {
  if (scope.org_id !== subject.org_id) return false;
  switch (scope.type) {
    case 'organization':
      return true;
    case 'application':
      return scope.app_id === subject.app_id;
    case 'user':
      return scope.user_id === subject.user_id;
    case 'key':
      return scope.key_id === subject.key_id;
  }
}

function coversMatch(match: BudgetMatch | null, subject: Subject): boolean {
  if (match === null) return true;
  if ('label' in match) return match.label === subject.label;
  return isNameOfModel(match.model_id, subject.model_id);
}
