/**
 * Runs groups of commands, each as one transaction, and decides what a failure means. A failing
 * disk fails the whole group with nothing written; a command that cannot be carried out fails
 * alone, since its group is then run again, one command at a time.
 */
import { forgetEntries, markCopied } from './archive.ts';
import { putDocument, removeDocument } from './catalog-commands.ts';
import { BudgetCommands } from './budget-commands.ts';
import { LeaseCommands } from './lease-commands.ts';
import { LedgerCommands } from './ledger-commands.ts';
import { LEASED, RECORD, RELEASE, RESERVE, SETTLE } from './protocol.ts';
import type { Committed, LeasedTuple, SlowCommand, WriteAnswer, WriteCommand } from './protocol.ts';
import { forgetRefusals, keepRefusals } from './refusals.ts';
import type { FileOptions } from './schema.ts';
import { isStorageFailure } from './storage-failure.ts';
import { WriteSession } from './write-session.ts';

const PAUSE_MS = 1;

interface Opened {
  readonly session: WriteSession;
  readonly ledger: LedgerCommands;
  readonly budgets: BudgetCommands;
  readonly leases: LeaseCommands;
}

export class Writer {
  readonly #file: FileOptions;
  #opened: Opened | undefined;

  constructor(file: FileOptions) {
    this.#file = file;
  }

  /**
   * Runs commands in order; the answers of all parts together are in the same order. Never throws.
   */
  run(commands: readonly WriteCommand[]): Committed[] {
    try {
      return [this.#runGroup(commands)];
    } catch (error) {
      this.#abandon();
      const unavailable = isStorageFailure(error);
      if (!unavailable && commands.length > 1) {
        return commands.flatMap((command) => this.run([command]));
      }
      const message = error instanceof Error ? error.message : String(error);
      return [
        { states: [], answers: commands.map(() => ({ kind: 'failed', unavailable, message })) },
      ];
    }
  }

  /** Copies the whole log into the file and starts it anew. False when that was not possible. */
  restartLog(): boolean {
    try {
      const { session } = this.#open();
      return session.database.prepare('PRAGMA wal_checkpoint(RESTART)').get()?.busy === 0;
    } catch {
      this.#abandon();
      return false;
    }
  }

  close(): void {
    this.#abandon();
  }

  #runGroup(commands: readonly WriteCommand[]): Committed {
    const opened = this.#open();
    const { session } = opened;
    session.begin();
    const answers: WriteAnswer[] = [];
    for (const command of commands) answers.push(runCommand(opened, command));
    const committed = { states: session.commit(), answers };
    if (session.shared > 0) standBack();
    return committed;
  }

  #open(): Opened {
    if (this.#opened === undefined) {
      const session = new WriteSession(this.#file);
      this.#opened = {
        session,
        ledger: new LedgerCommands(session),
        budgets: new BudgetCommands(session),
        leases: new LeaseCommands(session),
      };
    }
    return this.#opened;
  }

  /** Rolls back and forgets everything; the next group starts with a new connection. */
  #abandon(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    try {
      opened?.session.close();
    } catch {
      // A connection that cannot even be closed is left to the end of the process.
    }
  }
}

/**
 * Leaves the lock alone for a moment. SQLite has no queue for it: a process that writes without a
 * pause would keep all others out.
 */
function standBack(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}

function runCommand(opened: Opened, command: WriteCommand): WriteAnswer {
  if ('op' in command) return runSlow(opened, command);
  const { ledger } = opened;
  switch (command[0]) {
    case RESERVE:
      return ledger.reserve(command);
    case SETTLE:
      return ledger.settle(command);
    case RELEASE:
      return ledger.release(command[1]);
    case RECORD:
      return ledger.record(command);
    case LEASED:
      return runLeased(ledger, command);
  }
}

function runLeased(ledger: LedgerCommands, [, leased, command]: LeasedTuple): WriteAnswer {
  switch (command[0]) {
    case RESERVE:
      return ledger.reserve(command, leased);
    case SETTLE:
      return ledger.settle(command, leased);
    case RECORD:
      return ledger.record(command, leased);
  }
}

function runSlow({ session, budgets, leases }: Opened, command: SlowCommand): WriteAnswer {
  switch (command.op) {
    case 'put_budget':
      return budgets.put(command);
    case 'remove_budget':
      return budgets.remove(command);
    case 'take_lease':
      return leases.take(command.take);
    case 'return_lease':
      return leases.giveBack(command);
    case 'end_leases':
      return leases.endOf(command.instanceId);
    case 'catalog_put':
      return putDocument(session, command.put, command.value);
    case 'catalog_remove':
      return removeDocument(session, command);
    case 'keep_refusals':
      keepRefusals(session.database, command.rows);
      return { kind: 'kept' };
    case 'forget_refusals': {
      const rows = forgetRefusals(session.database, command.before, command.limit);
      return { kind: 'forgotten', rows };
    }
    case 'mark_copied':
      markCopied(session.database, command.place, command.through);
      return { kind: 'kept' };
    case 'forget_entries':
      return {
        kind: 'forgotten_entries',
        forgotten: forgetEntries(session.database, command.which),
      };
    case 'probe':
      session.database.exec('UPDATE meta SET probes = probes + 1 WHERE id = 1');
      return { kind: 'probed' };
  }
}
