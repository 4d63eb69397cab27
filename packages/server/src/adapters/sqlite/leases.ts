/**
 * The leases of the file, as the writer knows them. A lease is what one instance has of one
 * budget's window: `granted` counts as held in the balance, whether the instance uses it or not,
 * and `used` is the part of it that open holds took. So a lease that ends while such holds are open
 * leaves what they took behind, and they are then as holds of no lease.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LeaseName, LeaseState } from '../../ports/leasing-ledger.ts';

/** A lease; amounts are in the unit of its budget. */
export interface Lease extends LeaseName {
  readonly instance_id: string;
  granted: bigint;
  used: bigint;
  /** Whether its row has older figures. */
  changed: boolean;
}

const LEASES_MAX = 50_000;
const SELECT = 'SELECT lease_id, instance_id, budget_id, window_start, granted, used FROM leases';

export class Leases {
  readonly #kept = new Map<string, Lease>();
  readonly #changed: Lease[] = [];
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  readonly #ofInstance: StatementSync;
  readonly #ofBudget: StatementSync;

  constructor(database: DatabaseSync) {
    this.#select = database.prepare(`${SELECT} WHERE lease_id = ?`);
    this.#insert = database.prepare('INSERT INTO leases VALUES (?, ?, ?, ?, ?, ?)');
    this.#update = database.prepare('UPDATE leases SET granted = ?, used = ? WHERE lease_id = ?');
    this.#delete = database.prepare('DELETE FROM leases WHERE lease_id = ?');
    this.#ofInstance = database.prepare(
      'SELECT lease_id FROM leases WHERE instance_id = ? ORDER BY lease_id',
    );
    this.#ofBudget = database.prepare('SELECT lease_id FROM leases WHERE budget_id = ?');
  }

  /** Another process has written: what was read is void. */
  forget(): void {
    this.#kept.clear();
  }

  find(leaseId: string): Lease | undefined {
    const kept = this.#kept.get(leaseId);
    if (kept !== undefined) return kept;
    const row = this.#select.get(leaseId);
    if (row === undefined) return undefined;
    return this.#keep({ ...leaseOf(row), used: BigInt(String(row.used)), changed: false });
  }

  add(lease: Omit<Lease, 'changed'>): Lease {
    const { lease_id, instance_id, budget_id, window_start, granted, used } = lease;
    this.#insert.run(lease_id, instance_id, budget_id, window_start, `${granted}`, `${used}`);
    return this.#keep({ ...lease, changed: false });
  }

  /** Moves the figures of a lease; they are written with the group. */
  change(lease: Lease, granted: bigint, used: bigint): void {
    lease.granted += granted;
    lease.used += used;
    if (lease.changed) return;
    lease.changed = true;
    this.#changed.push(lease);
  }

  end(lease: Lease): void {
    this.#kept.delete(lease.lease_id);
    this.#delete.run(lease.lease_id);
  }

  ofInstance(instanceId: string): Lease[] {
    return this.#all(this.#ofInstance, instanceId);
  }

  /** Ends all leases of a budget that is no more, or no more the same. */
  endOfBudget(budgetId: string): void {
    for (const lease of this.#all(this.#ofBudget, budgetId)) this.end(lease);
  }

  /** Writes every lease that changed. */
  flush(): void {
    for (const lease of this.#changed.splice(0)) {
      lease.changed = false;
      this.#update.run(`${lease.granted}`, `${lease.used}`, lease.lease_id);
    }
    if (this.#kept.size > LEASES_MAX) this.#kept.clear();
  }

  #all(statement: StatementSync, of: string): Lease[] {
    const ids = statement.all(of).map(({ lease_id }) => String(lease_id));
    return ids.flatMap((id) => this.find(id) ?? []);
  }

  #keep(lease: Lease): Lease {
    this.#kept.set(lease.lease_id, lease);
    return lease;
  }
}

/** The leases of an instance as their rows have them. */
export function leasesOf(database: DatabaseSync, instanceId: string): LeaseState[] {
  return database
    .prepare(`${SELECT} WHERE instance_id = ? ORDER BY lease_id`)
    .all(instanceId)
    .map(leaseOf);
}

function leaseOf(row: Record<string, unknown>): LeaseState {
  return {
    lease_id: String(row['lease_id']),
    instance_id: String(row['instance_id']),
    budget_id: String(row['budget_id']),
    window_start: Number(row['window_start']),
    granted: BigInt(String(row['granted'])),
  };
}
