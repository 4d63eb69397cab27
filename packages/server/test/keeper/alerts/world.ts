/** Parts of alerts over a catalogue in memory, under a clock that only tests move. */
import { EMPTY_BALANCE, windowAt, type Budget } from '@tollkeeper/core';
import { virtualClock } from '@tollkeeper/testkit/virtual-clock';
import { memoryCatalog } from '../../../src/adapters/memory/catalog.ts';
import { systemIds } from '../../../src/adapters/system/ids.ts';
import { webhookDocument, type WebhookRecord } from '../../../src/catalog/alert-records.ts';
import { mintMasterKey, parseMasterKeys } from '../../../src/credentials/master-keys.ts';
import { masterKeyBox } from '../../../src/credentials/secret-box.ts';
import { AlertBook } from '../../../src/keeper/alerts/alert-book.ts';
import { sealPurpose } from '../../../src/keeper/alerts/courier.ts';
import { Outbox } from '../../../src/keeper/alerts/outbox.ts';
import type { BudgetState } from '../../../src/ports/ledger-store.ts';

export const ORG = '11111111-1111-4111-8111-111111111111';
export const NOON = Date.UTC(2026, 10, 22, 12);
export const SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';

/** A daily budget of 1,000 pico-dollars. */
export const BUDGET: Budget = {
  budget_id: 'daily',
  scope: { type: 'organization', org_id: ORG },
  match: null,
  limit: { unit: 'usd', amount: 1000n },
  window: 'day',
  timezone: 'UTC',
  mode: 'enforce',
};

/** The state of a budget in the window at `at`. */
export function stateOf(posted: bigint, over: Partial<Budget> = {}, at = NOON): BudgetState {
  const budget = { ...BUDGET, ...over };
  const { start, end } = windowAt(budget.window, budget.timezone, at);
  return {
    budget,
    balance: { ...EMPTY_BALANCE, posted },
    window_start: start,
    resets_at: end,
  };
}

export type AlertWorld = ReturnType<typeof alertWorld>;

export function alertWorld() {
  const clock = virtualClock(NOON);
  const ids = systemIds(clock);
  const catalog = memoryCatalog();
  const outbox = new Outbox(catalog);
  const keys = parseMasterKeys(mintMasterKey(ids, 1));
  if (keys.kind !== 'keys') throw new Error(keys.problem);
  const box = masterKeyBox(keys.keys, ids);
  const logged: { level: string; message: string; fields: unknown }[] = [];
  const log = (level: string, message: string, fields?: object): void =>
    void logged.push({ level, message, fields });
  const queued = { count: 0 };
  const parts = { catalog, outbox, clock, ids, log, box };
  /** As another process would have it. */
  const aBook = (): AlertBook =>
    new AlertBook({ ...parts, onQueued: () => void (queued.count += 1) });
  return {
    ...parts,
    logged,
    queued,
    aBook,
    book: aBook(),
    /** Puts a webhook with the secret `SECRET`. */
    async putWebhook(over: Partial<WebhookRecord> & { readonly webhook_id: string }) {
      const webhook_uid = `uid-of-${over.webhook_id}`;
      const sealed_secret = box.seal(sealPurpose({ webhook_uid }), SECRET);
      const record: WebhookRecord = {
        org_id: ORG,
        webhook_uid,
        url: 'https://example.com/hook',
        description: null,
        enabled: true,
        secrets: [{ sealed_secret, expires_at: null }],
        created_at: '2026-11-22T12:00:00.000Z',
        updated_at: '2026-11-22T12:00:00.000Z',
        ...over,
      };
      const id = webhookDocument(record.org_id, record.webhook_id);
      await catalog.put({ kind: 'webhook', id, parent: record.org_id, value: record });
      return record;
    },
  };
}
