/**
 * Those who call, those who report usage, and those who change budgets. They reach a process by
 * chance, as through a load balancer; what fails is tried again, as SDKs do.
 */
import { NO_USAGE } from '@tollkeeper/core';
import type { Budget, EntryDraft } from '@tollkeeper/core';
import type { RecordEntry } from '@tollkeeper/server/inside';
import type { LedgerFacts } from './auditor.ts';
import { documentsOfTheWorld, KEYS, MODEL_IDS, SMALL_CALL, type Key } from './catalogue.ts';
import { SimulatedExchange, type Answer } from './exchange.ts';
import type { Serving, SimulatedProcess } from './process.ts';
import type { Fault } from './weather.ts';
import type { World } from './world.ts';

export interface Plan {
  readonly calls: number;
  readonly submissions: number;
  /** In which all of it comes, in milliseconds. */
  readonly duringMs: number;
}

const TRIES_MAX = 3;
const BACKOFF_MS = 300;

/** What became of the work, for the report. */
export interface WorkCounts {
  calls: number;
  answered: number;
  refused: number;
  unanswered: number;
  submissions: number;
}

/** A call to one process, and what it was answered in the end. */
export interface Tried {
  readonly by: string;
  readonly key: Key;
  answer: Answer | undefined;
}

/** See the head of the file. */
export class Workload {
  readonly counts: WorkCounts = {
    ...{ calls: 0, answered: 0, refused: 0, unanswered: 0, submissions: 0 },
  };
  readonly #world: World;
  readonly #fleet: readonly SimulatedProcess[];
  /** Budgets as their operators last asked for them; undefined: removed. */
  readonly #budgets: Map<string, Budget>;
  readonly #removed: Budget[] = [];
  /** Submissions that the ledger said it has, with what they cost. */
  readonly #acknowledged = new Map<string, bigint>();
  /** By which the gateway named calls that it has answered. */
  readonly #served = new Set<string>();
  /** Keys that somebody wanted to have revoked. */
  readonly #revoked = new Set<string>();
  #submitted = 0;

  constructor(world: World, fleet: readonly SimulatedProcess[], budgets: readonly Budget[]) {
    this.#world = world;
    this.#fleet = fleet;
    this.#budgets = new Map(budgets.map((budget) => [budget.budget_id, budget]));
  }

  /** Plans all that is going to come. */
  plan({ calls, submissions, duringMs }: Plan): void {
    const { timeline, random, weather } = this.#world;
    // Callers come in bursts: half of them in a tenth of the time.
    const burst = random.between(0, 0.9 * duringMs);
    const moment = (): number =>
      random.chance(0.5) ? random.between(0, duringMs) : burst + random.between(0, duringMs / 10);
    for (let i = 0; i < calls; i++) {
      timeline.after(moment(), `caller ${i}`, () => this.#call(random.pick(KEYS), 1));
    }
    for (let i = 0; i < submissions; i++) {
      timeline.after(moment(), `submitter ${i}`, () => this.#submit(random.pick(KEYS)));
    }
    if (random.chance(0.3)) {
      timeline.after(moment(), 'operator revokes', () => this.#revoke(random.pick(KEYS)));
    }
    if (weather.budgetChangeEveryMs === Infinity) return;
    let at = random.exponential(weather.budgetChangeEveryMs);
    for (; at < duringMs; at += random.exponential(weather.budgetChangeEveryMs)) {
      timeline.after(at, 'operator', () => this.#operate());
    }
  }

  /** When all is quiet: what somebody was told is there is there, once. */
  judge({ lines }: LedgerFacts): void {
    const { auditor } = this.#world;
    const byId = Map.groupBy(lines, ({ entry_id }) => entry_id);
    for (const [id, cost] of this.#acknowledged) {
      const found = byId.get(id) ?? [];
      if (found.length === 1 && found[0]?.cost === cost) continue;
      const what = `${id} of ${cost} is there as ${found.map((line) => line.cost).join(', ')}`;
      auditor.violated('a submission that was taken is there once', what);
    }
    const requests = new Set(lines.map(({ request_id }) => request_id));
    for (const id of this.#served) {
      if (!requests.has(id)) auditor.violated('what was answered is in the ledger', id);
    }
  }

  /** Calls one process, with a key that may, for as little as can be. */
  tryOne(process: SimulatedProcess): Tried {
    const { random, timeline } = this.#world;
    const key = random.pick(KEYS.filter(({ key_id }) => !this.#revoked.has(key_id)));
    const tried: Tried = { by: process.name, key, answer: undefined };
    const { serving } = process;
    if (serving === undefined) return tried;
    const { model, maxTokens } = SMALL_CALL;
    const sent = requestOf(key, { model, operation: 'converse', textBytes: 1, maxTokens });
    const exchange = new SimulatedExchange(serving.life, sent, (answer) => {
      tried.answer = answer;
      if (answer.status === 200) this.#served.add(answer.requestId);
    });
    timeline.after(1, `${process.name} is tried`, () => process.receive(exchange));
    return tried;
  }

  #call(key: Key, attempt: number): void {
    const { timeline, random, tally } = this.#world;
    const serving = this.#someone();
    if (attempt === 1) this.counts.calls += 1;
    else tally.count('client_repeated');
    if (serving === undefined) return this.#again(key, attempt);
    const model = random.chance(0.85) ? 'test.cheap-v1:0' : random.pick(MODEL_IDS);
    const sent = requestOf(key, {
      model,
      operation: random.chance(0.3) ? 'converse-stream' : 'converse',
      textBytes: 1 + random.below(60),
      maxTokens: 1 + random.below(400),
    });
    const { life } = serving;
    let over = false;
    const answered = (answer: Answer): void => {
      timeline.after(random.exponential(3), `answer to a caller of ${life.name}`, () => {
        if (over) return;
        over = true;
        this.#take(key, attempt, answer);
      });
    };
    const begun = (running: string): void => {
      // Some clients report a stream before it has ended.
      if (!random.chance(0.2)) return;
      timeline.after(random.exponential(300), `a caller of ${life.name} reports`, () =>
        this.#submit(key, { running }),
      );
    };
    const exchange = new SimulatedExchange(life, sent, answered, begun);
    timeline.after(random.exponential(3), `call reaches ${life.name}`, () =>
      life.deliver(`${life.name} takes a call`, () => {
        serving.process.receive(exchange);
      }),
    );
    const patience = this.#patience();
    timeline.after(patience.ms, `caller of ${life.name} leaves`, () => {
      if (over) return;
      over = true;
      if (patience.early) tally.count('client_left');
      life.deliver(`${life.name} sees a caller leave`, () => exchange.leave());
      this.counts.unanswered += 1;
      if (!patience.early) this.#again(key, attempt);
    });
  }

  #patience(): { readonly ms: number; readonly early: boolean } {
    const { random, weather, isCalm } = this.#world;
    const early = !isCalm && random.chance(weather.clientLeaves);
    return { early, ms: early ? random.exponential(800) : 20_000 };
  }

  #take(key: Key, attempt: number, { status, error, requestId }: Answer): void {
    const { trace, random } = this.#world;
    trace.fact(`a caller gets ${status} ${error}`);
    if (status === 200) {
      this.counts.answered += 1;
      this.#served.add(requestId);
      // Some clients report what went through the gateway as well.
      if (random.chance(0.05)) this.#submit(key, { metered: requestId });
    } else if (status === 429 || status === 503 || status === 0) this.#again(key, attempt);
    else this.counts.refused += 1;
  }

  #again(key: Key, attempt: number): void {
    const { timeline, random } = this.#world;
    if (attempt >= TRIES_MAX) return;
    const ms = random.exponential(BACKOFF_MS * 2 ** attempt);
    timeline.after(ms, 'caller again', () => this.#call(key, attempt + 1));
  }

  /**
   * Reports usage; `metered`: of a call that the gateway has metered under this id; `running`: of
   * one that may still run, by the upstream's id.
   */
  #submit(
    key: Key,
    { metered, running }: { readonly metered?: string; readonly running?: string } = {},
  ): void {
    const { random, tally, auditor } = this.#world;
    this.#submitted += 1;
    this.counts.submissions += 1;
    const id = `report-${this.#submitted}`;
    const cost = BigInt(1 + random.below(300)) * 1_000_000n;
    this.#insist('submission', 6, async (serving) => {
      const { ledger } = serving.opened.stores;
      const submission = submissionOf(serving, key, { id, upstream: running ?? null, cost });
      const other = metered ?? running;
      const command = other === undefined ? submission : { ...submission, known_as: [id, other] };
      const recorded = await ledger.record(command);
      if (running !== undefined && recorded.kind !== 'recorded') return;
      if (metered !== undefined) {
        if (recorded.kind === 'already') return;
        const what = `${id} of ${metered} was ${recorded.kind}`;
        auditor.violated('what the gateway has metered is not counted again', what);
      }
      this.#acknowledged.set(command.entry.entry_id, cost);
      // Now and then a client reports once more what it was told is there.
      if (!random.chance(0.1)) return;
      tally.count('submission_repeated');
      await ledger.record(command);
    });
  }

  #operate(): void {
    const { random, tally } = this.#world;
    const draw = random.next();
    const budgets = [...this.#budgets.values()];
    if (draw < 0.6 || budgets.length === 0) {
      const budget = random.pick(budgets);
      const amount = (budget.limit.amount * BigInt(30 + random.below(200))) / 100n + 1n;
      const mode = random.chance(0.1) ? 'warn' : 'enforce';
      return this.#put({ ...budget, limit: { ...budget.limit, amount }, mode }, 'limit_changed');
    }
    const again = this.#removed.pop();
    if (again !== undefined) {
      return this.#put(again, 'budget_made');
    }
    const budget = random.pick(budgets);
    if (draw < 0.8) {
      const unit = random.pick(['usd', 'tokens', 'requests'] as const);
      const amount = unit === 'usd' ? budget.limit.amount : BigInt(20 + random.below(20_000));
      const made = { ...budget, budget_id: `made-${random.below(3)}`, limit: { unit, amount } };
      return this.#put(made, 'budget_made');
    }
    this.#budgets.delete(budget.budget_id);
    this.#removed.push(budget);
    this.#insist('removal', 8, async ({ opened }) => {
      await opened.stores.ledger.removeBudget(budget.budget_id);
      tally.count('budget_removed');
    });
  }

  #revoke(key: Key): void {
    const { tally, auditor, timeline } = this.#world;
    this.#revoked.add(key.key_id);
    const revoked = documentsOfTheWorld(this.#world.limits, key.key_id).find(
      ({ id }) => id === key.key_id,
    );
    if (revoked === undefined) throw new Error(`There is no key ${key.key_id}.`);
    this.#insist('revocation', 8, async ({ opened }) => {
      await opened.stores.catalog.put(revoked);
      auditor.revoked(key.key_id, timeline.now);
      tally.count('key_revoked');
    });
  }

  #put(budget: Budget, what: Fault): void {
    this.#budgets.set(budget.budget_id, budget);
    this.#insist('budget', 8, async ({ opened, gateway }) => {
      await opened.stores.ledger.putBudget({ budget, at: gateway.clock.now() });
      this.#world.tally.count(what);
    });
  }

  /** Asks some process, and when it fails or dies another one. */
  #insist(what: string, tries: number, ask: (serving: Serving) => Promise<void>): void {
    const { timeline, random } = this.#world;
    const again = (): void => {
      if (tries <= 1) return;
      timeline.after(random.exponential(800), `${what} again`, () =>
        this.#insist(what, tries - 1, ask),
      );
    };
    const serving = this.#someone();
    if (serving === undefined) return again();
    const { life } = serving;
    let over = false;
    const end = (then: () => void): void => {
      if (over) return;
      over = true;
      then();
    };
    timeline.after(5_000, `${what} not answered`, () => end(again));
    life.deliver(`${life.name} takes a ${what}`, () => {
      ask(serving).then(
        () => end(() => undefined),
        () => end(again),
      );
    });
  }

  #someone(): (Serving & { readonly process: SimulatedProcess }) | undefined {
    const process = this.#world.random.pick(this.#fleet);
    const { serving } = process;
    return serving === undefined ? undefined : { ...serving, process };
  }
}

interface Asked {
  readonly model: string;
  readonly operation: 'converse' | 'converse-stream';
  readonly textBytes: number;
  readonly maxTokens: number;
}

function requestOf(
  { token }: Key,
  { model, operation, textBytes, maxTokens }: Asked,
): ConstructorParameters<typeof SimulatedExchange>[1] {
  const body = {
    messages: [{ role: 'user', content: [{ text: 'x'.repeat(textBytes) }] }],
    inferenceConfig: { maxTokens },
  };
  return {
    target: `/model/${encodeURIComponent(model)}/${operation}`,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

function submissionOf(
  { gateway }: Serving,
  { org_id, app_id, user_id }: Key,
  {
    id: request_id,
    upstream,
    cost,
  }: { readonly id: string; readonly upstream: string | null; readonly cost: bigint },
): RecordEntry {
  const at = gateway.clock.now();
  const id = `${org_id}/${request_id}`;
  const entry: EntryDraft = {
    entry_id: id,
    entry_type: 'submission',
    corrects_entry_id: null,
    attempt_id: id,
    request_id,
    upstream_request_id: upstream,
    invocation_id: null,
    source: 'submitted',
    ...{ org_id, app_id, user_id, key_id: null, label: null, model_id: 'test.cheap-v1:0' },
    region: 'us-east-1',
    operation: 'Submitted',
    tier: 'standard',
    streamed: false,
    outcome: 'ok',
    usage: { ...NO_USAGE, input_tokens: 1 },
    usage_source: 'reported',
    usage_reason: null,
    priced: 'yes',
    price_version: 'simulated-1',
    price_basis: null,
    price_layers: [],
    charges: [{ class: 'input', quantity: 1, unit_price_usd: '0.000001', amount: cost }],
    cost,
    ceiling: null,
    started_at: at,
    ended_at: at,
    latency_ms: 0,
    time_to_first_token_ms: null,
    tags: {},
  };
  const none = { amount: 0n, ceiling: 0n };
  const postings = {
    usd: { amount: cost, ceiling: 0n },
    tokens: { ...none, amount: 1n },
    requests: { ...none, amount: 1n },
  };
  return { instance_id: gateway.instanceId, entry, postings, at, cause: 'submitted' };
}
