/** Buckets and running requests of parties, as they stand in the file. */
import type { DatabaseSync } from 'node:sqlite';
import {
  finish,
  takeBack,
  tryTakeJointly,
  type RateLimits,
  type RateState,
} from '@tollkeeper/core';
import type { FinishRates, RateParty, TakenRates, TakeRates } from '../../ports/rate-store.ts';
import type { RateAnswer, RateCommand } from './protocol.ts';

/** After so long every bucket is full again, whatever was owed. */
const FORGOTTEN_AFTER_MS = 86_400_000;

type Statement = ReturnType<DatabaseSync['prepare']>;

export class BucketTables {
  readonly #read: Statement;
  readonly #write: Statement;
  readonly #running: Statement;
  readonly #run: Statement;
  readonly #rest: Statement;
  readonly #instances: Statement;
  readonly #endInstance: Statement;
  readonly #prune: Statement;

  constructor(database: DatabaseSync) {
    this.#read = database.prepare(
      'SELECT requests_level, requests_at, tokens_level, tokens_at FROM buckets WHERE party = ?',
    );
    this.#write = database.prepare('INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?, ?, ?)');
    this.#running = database.prepare('SELECT sum(count) AS count FROM running WHERE party = ?');
    this.#run = database.prepare(
      'INSERT INTO running VALUES (?1, ?2, max(0, ?3)) ' +
        'ON CONFLICT (party, instance_id) DO UPDATE SET count = max(0, count + ?3)',
    );
    this.#rest = database.prepare(
      'DELETE FROM running WHERE party = ? AND instance_id = ? AND count = 0',
    );
    this.#instances = database.prepare('SELECT DISTINCT instance_id FROM running');
    this.#endInstance = database.prepare('DELETE FROM running WHERE instance_id = ?');
    this.#prune = database.prepare('DELETE FROM buckets WHERE touched_at <= ?');
  }

  run(command: RateCommand): RateAnswer {
    switch (command.op) {
      case 'take':
        return this.#take(command.command);
      case 'finish':
        this.#finish(command.command);
        return null;
      case 'end_instance':
        this.#endInstance.run(command.instanceId);
        return null;
      case 'instances':
        return this.#instances.all().map(({ instance_id }) => String(instance_id));
    }
  }

  /** Forgets parties that have been at rest for so long that nothing of it counts. */
  prune(now: number): void {
    this.#prune.run(now - FORGOTTEN_AFTER_MS);
  }

  #take({ instance_id, parties, tokens, at }: TakeRates): TakenRates {
    const limited = parties.map((party) => ({ state: this.#stateOf(party), limits: party.limits }));
    const decision = tryTakeJointly(limited, at, tokens);
    if (decision.kind === 'refused') return decision;
    for (const [index, { state }] of decision.taken.entries()) {
      const party = parties[index];
      if (party === undefined) continue;
      this.#keep(party.id, state, at);
      if (hasSlots(party.limits)) this.#run.run(party.id, instance_id, 1);
    }
    return { kind: 'admitted', charged: decision.taken.map(({ charged }) => charged) };
  }

  #finish({ instance_id, parties, charged, used, at }: FinishRates): void {
    for (const [index, party] of parties.entries()) {
      const state = this.#stateOf(party);
      const taken = charged[index] ?? 0;
      const { id, limits } = party;
      const after =
        used === 'none'
          ? takeBack(state, limits, at, taken)
          : finish(state, limits, at, taken, used);
      this.#keep(id, after, at);
      if (!hasSlots(limits)) continue;
      this.#run.run(id, instance_id, -1);
      this.#rest.run(id, instance_id);
    }
  }

  #stateOf({ id, limits }: RateParty): RateState {
    const row = this.#read.get(id);
    const running = hasSlots(limits) ? Number(this.#running.get(id)?.count ?? 0) : 0;
    if (row === undefined) return { requests: null, tokens: null, running };
    return {
      requests: bucketOf(row.requests_level, row.requests_at),
      tokens: bucketOf(row.tokens_level, row.tokens_at),
      running,
    };
  }

  #keep(id: string, { requests, tokens }: RateState, at: number): void {
    // A party with slots alone has nothing to remember.
    if (requests === null && tokens === null) return;
    this.#write.run(
      id,
      requests?.level ?? null,
      requests?.at ?? null,
      tokens?.level ?? null,
      tokens?.at ?? null,
      at,
    );
  }
}

function hasSlots(limits: RateLimits): boolean {
  return limits.concurrent_requests !== undefined;
}

function bucketOf(level: unknown, at: unknown): RateState['requests'] {
  return level === null ? null : { level: Number(level), at: Number(at) };
}
