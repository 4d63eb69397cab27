/**
 * An upstream that reports more than the bound: the one case in which a limit may be passed. It is
 * a run of its own, after the others: calls against a small budget whose usage is multiplied by the
 * simulator. What was reported has to be charged in full, and the excess has to be named.
 */
import Big from 'big.js';
import { oracleCost, oracleModel } from '../packages/testkit/src/price-oracle.ts';
import type { Verdict } from './audit.ts';
import type { Demo } from './processes.ts';
import { putBudget, readBook, readBudgets, readEntries } from './records.ts';

const MODEL = 'us.amazon.nova-pro-v1:0';
const CALLS = 12;
const BUDGET = 'chaos-over-bound';

/** Passes the bound on purpose and checks what the ledger says of it. */
export async function passBound(demo: Demo, simulatorUrl: string): Promise<Verdict> {
  const violations: string[] = [];
  await putBudget(demo, BUDGET, {
    scope: { type: 'application', org_id: demo.org_id, app_id: demo.app_id },
    match: { model_id: MODEL },
    limit: { unit: 'usd', amount: '0.02' },
    window: 'total',
    timezone: 'UTC',
    mode: 'enforce',
  });
  const statuses: number[] = [];
  for (let call = 0; call < CALLS; call++) statuses.push(await callOnce(demo));
  const served = statuses.filter((status) => status === 200).length;
  const refused = statuses.filter((status) => status === 400).length;
  if (served + refused < CALLS) violations.push(`answers over the bound: ${statuses.join(' ')}`);
  if (served === 0 || refused === 0) {
    violations.push(`a budget whose limit is passed served ${served} and refused ${refused} calls`);
  }

  const rows = (await readBook(simulatorUrl)).filter((row) => row.fault === 'usage');
  const entries = new Map((await readEntries(demo)).map((entry) => [entry.attempt_id, entry]));
  let total = new Big(0);
  for (const row of rows) {
    const entry = entries.get(row.attempt_id ?? '');
    if (entry === undefined || row.usage === null) {
      violations.push(`no entry or no usage for the call over its bound ${row.attempt_id}`);
      continue;
    }
    const at = Date.parse(entry.started_at);
    const price = { ...oracleModel(row.model_id), region: entry.region, tier: 'standard', at };
    const cost = oracleCost({ ...price, usage: row.usage });
    total = total.plus(cost);
    if (entry.cost_usd !== cost) {
      violations.push(`over its bound ${entry.attempt_id} costs ${entry.cost_usd}, not ${cost}`);
    }
  }
  violations.push(...(await judgeBudget(demo, total)));
  return { counts: { 'calls over their bound': rows.length }, violations };
}

async function judgeBudget(demo: Demo, total: Big): Promise<string[]> {
  const budget = (await readBudgets(demo)).find(({ budget_id }) => budget_id === BUDGET);
  if (budget === undefined) return [`budget ${BUDGET} is gone`];
  const violations: string[] = [];
  const { spent, excess, high_water, held, limit } = budget;
  if (!total.eq(spent)) violations.push(`budget ${BUDGET} counts ${spent}, its calls ${total}`);
  const over = total.minus(limit.amount);
  if (over.lte(0)) violations.push(`budget ${BUDGET} was not passed`);
  else if (!over.eq(excess)) violations.push(`the excess of ${BUDGET} is ${excess}, not ${over}`);
  if (!new Big(high_water).eq(new Big(limit.amount).plus(excess)) || Number(held) > 0) {
    violations.push(`budget ${BUDGET}: high water ${high_water}, excess ${excess}, held ${held}`);
  }
  return violations;
}

/** One call of 40 output tokens at most, reported as a hundred times that. */
async function callOnce(demo: Demo): Promise<number> {
  const path = `/model/${encodeURIComponent(MODEL)}/converse`;
  const response = await fetch(new URL(path, demo.endpoint), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${demo.api_key}`,
      'content-type': 'application/json',
      'x-simulator-fault': 'usage;times=100',
    },
    body: JSON.stringify({
      messages: [{ role: 'user', content: [{ text: 'How much is the toll?' }] }],
      inferenceConfig: { maxTokens: 40 },
    }),
  });
  await response.arrayBuffer();
  return response.status;
}
