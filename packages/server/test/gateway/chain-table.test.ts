/**
 * Drives every row of the table "Along a chain of labels" in docs/ARCHITECTURE.md against the real
 * server and a real SQLite file, and fails when the table has a row without a case here.
 */
import { readFileSync } from 'node:fs';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StoreUnavailable, type LedgerStore } from '../../src/ports/ledger-store.ts';
import type { Stores } from '../../src/ports/stores.ts';
import { ORDERING, pictureBody, tenantOf, told, type Tenant } from './keeper-rig.ts';
import {
  SMALL_REPLY,
  startUpstream,
  wholeAnswer,
  type RecordingUpstream,
} from './recording-upstream.ts';
import { converseBody, entriesOf, eventually, type Answer } from './requests.ts';

const PRO = 'amazon.nova-pro-v1:0';
const LITE = 'amazon.nova-2-lite-v1:0';
const MICRO = 'amazon.nova-micro-v1:0';
const AUTO = '/model/auto/converse';
const LARGE = converseBody('Hello', 1_000);

let upstream: RecordingUpstream;
/** By default, and with a chain that goes on when the upstream fails. */
let product: RunningProduct;
let goingOn: RunningProduct;
/** Status line with which the upstream fails, by model. */
let failing: Readonly<Record<string, string>> = {};
let slow: Promise<void> | undefined;
let unreadable = false;
const covered = new Set<string>();

beforeAll(async () => {
  upstream = await startUpstream();
  upstream.answerWith((socket, { line }) => {
    const model = decodeURIComponent(line.split('/')[2] ?? '');
    const status = failing[model];
    const answer = wholeAnswer(status === undefined ? SMALL_REPLY : '{"message":"No."}', status);
    void (slow ?? Promise.resolve()).then(() => socket.write(answer));
  });
  const settings = { admissionWaitMs: 100, rateLimitPreset: 'off' };
  const shared = { upstreamUrl: upstream.url, wrapStores: sometimesUnreadable };
  product = await startProduct({ ...shared, settings });
  const unavailable = { ...settings, fallbackOnUpstream: 'unavailable' };
  goingOn = await startProduct({ ...shared, settings: unavailable });
});
afterAll(async () => {
  await product.close();
  await goingOn.close();
  await upstream.close();
});

function sometimesUnreadable(stores: Stores): Stores {
  const ledger: LedgerStore = new Proxy(stores.ledger, {
    get: (target, name) => {
      if (name === 'budgetStates') {
        return (...asked: Parameters<LedgerStore['budgetStates']>) =>
          unreadable
            ? Promise.reject(new StoreUnavailable('Not now.'))
            : target.budgetStates(...asked);
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return { ...stores, ledger };
}

/** A case of the table; its id must be a row of the document. */
function row(id: string, guarantee: string, run: () => Promise<void>): void {
  covered.add(id);
  test(`${id}: ${guarantee}`, run);
}

async function nothingRecorded(answer: Answer, of: RunningProduct = product): Promise<void> {
  expect(await entriesOf(of, answer.requestId)).toEqual([]);
  expect(await of.server.stores.ledger.holds()).toEqual([]);
}

async function expectRefusal(answer: Answer, status: number, error: string): Promise<void> {
  expect([answer.status, answer.error]).toEqual([status, error]);
  expect(told(answer)).toEqual([null, null, null]);
  await nothingRecorded(answer);
}

/** A thousandth of a USD spent on each label. */
async function spend(tenant: Tenant, labels: readonly string[]): Promise<void> {
  const tokens = { premium: 1_250, standard: 3_031, economy: 28_572 };
  for (const label of labels) {
    const input = tokens[label as keyof typeof tokens];
    expect(await tenant.submit(label, { input, output: 0 })).toBe(202);
  }
}

row('K1', 'a spent label moves the sticky one; the next label serves', async () => {
  const tenant = await tenantOf(product, { quotas: { premium: 1_000 } });
  await spend(tenant, ['premium']);
  expect(told(await tenant.call(AUTO))).toEqual(['standard', LITE, 'QUOTA_EXCEEDED_PREMIUM']);
  expect(told(await tenant.call(AUTO))).toEqual(['standard', LITE, 'STICKY_FALLBACK']);
});

row('K2', 'a chain whose labels are all spent refuses', async () => {
  const quotas = { premium: 1_000, standard: 1_000, economy: 1_000 };
  const tenant = await tenantOf(product, { quotas });
  await spend(tenant, ORDERING);
  await expectRefusal(await tenant.call(AUTO), 400, 'ServiceQuotaExceededException');
});

row('K3', 'a target that may not be called is skipped', async () => {
  const tenant = await tenantOf(product, { models: [LITE] });
  expect(told(await tenant.call(AUTO))).toEqual(['standard', LITE, 'NOT_ALLOWED_PREMIUM']);
  const other = await tenantOf(product, { models: ['amazon.titan-text-lite-v1'] });
  await expectRefusal(await other.call(AUTO), 403, 'AccessDeniedException');
});

row('K4', 'a target that cannot read the request is skipped', async () => {
  const tenant = await tenantOf(product, { ordering: ['economy', 'premium'] });
  const body = pictureBody();
  expect(told(await tenant.call(AUTO, { body }))).toEqual(['premium', PRO, 'UNFIT_ECONOMY']);
  const alone = await tenantOf(product, { ordering: ['economy'] });
  await expectRefusal(await alone.call(AUTO, { body }), 400, 'ValidationException');
});

row('K5', 'a bound that does not fit goes to the next label and moves nothing', async () => {
  const tenant = await tenantOf(product, { quotas: { premium: 3_000 } });
  const large = await tenant.call(AUTO, { body: LARGE });
  expect(told(large)).toEqual(['standard', LITE, 'NO_ROOM_PREMIUM']);
  expect(told(await tenant.call(AUTO))).toEqual(['premium', PRO, null]);
});

row('K6', 'only holds in the way: waits, then the next label; at the end of it 429', async () => {
  for (const ordering of [ORDERING, ['premium']]) {
    const tenant = await tenantOf(product, { ordering, quotas: { premium: 5_000 } });
    let goOn = (): void => undefined;
    slow = new Promise((resolve) => (goOn = resolve));
    const first = tenant.call(AUTO, { body: LARGE });
    await eventually(async () => ((await tenant.quota('premium')).held === '0' ? undefined : true));
    const second = tenant.call(AUTO, { body: LARGE });
    if (ordering.length === 1) {
      const { status, error, headers } = await second;
      expect([status, error, headers.get('retry-after')]).toEqual([
        429,
        'ThrottlingException',
        '1',
      ]);
    } else
      await eventually(async () =>
        (await tenant.quota('standard')).held === '0' ? undefined : true,
      );
    goOn();
    slow = undefined;
    if (ordering.length > 1) expect(told(await second)).toEqual(['standard', LITE, 'HELD_PREMIUM']);
    expect(told(await first)).toEqual(['premium', PRO, null]);
  }
});

row('K7', 'a rate limit is that of all labels: no other is tried', async () => {
  const tenant = await tenantOf(product);
  await product.client.putApplication({
    params: { org_id: tenant.orgId, app_id: tenant.appId },
    body: { app_name: 'App', rate_limits: { requests_per_minute: 1 } },
  });
  expect((await tenant.call(AUTO)).status).toBe(200);
  const answer = await tenant.call(AUTO);
  await expectRefusal(answer, 429, 'ThrottlingException');
  expect(answer.message).not.toContain('chain');
});

row('K8', 'a store that cannot be read serves no label, but models by their names', async () => {
  const tenant = await tenantOf(product);
  unreadable = true;
  try {
    await expectRefusal(await tenant.call(AUTO), 503, 'ServiceUnavailableException');
    expect((await tenant.call(`/model/${encodeURIComponent(PRO)}/converse`)).status).toBe(200);
  } finally {
    unreadable = false;
  }
});

row('K9', 'an upstream that throttles or is unavailable: the next label, if wanted', async () => {
  const tenant = await tenantOf(goingOn);
  for (const [status, word, outcome] of [
    ['429 Too Many Requests', 'UPSTREAM_THROTTLED', 'refused'],
    ['503 Service Unavailable', 'UPSTREAM_UNAVAILABLE', 'upstream_error'],
  ] as const) {
    failing = { [PRO]: status };
    const answer = await tenant.call(AUTO);
    expect(told(answer)).toEqual(['standard', LITE, `${word}_PREMIUM`]);
    const entries = await entriesOf(goingOn, answer.requestId);
    expect(entries.map((entry) => entry.outcome)).toEqual([outcome, 'ok']);
  }
  failing = {};
  expect(told(await tenant.call(AUTO))).toEqual(['premium', PRO, null]);
});

row('K10', 'no label left after it, or not wanted: the answer of the upstream', async () => {
  failing = { [PRO]: '503 Service Unavailable', [MICRO]: '429 Too Many Requests' };
  for (const [of, status, entries] of [
    [goingOn, 429, 2],
    [product, 503, 1],
  ] as const) {
    const tenant = await tenantOf(of, { ordering: ['premium', 'economy'] });
    const answer = await tenant.call(AUTO);
    expect([answer.status, answer.message]).toEqual([status, 'No.']);
    expect(await entriesOf(of, answer.requestId)).toHaveLength(entries);
  }
  failing = {};
});

row('K11', 'any other failure may have run: no other label is tried', async () => {
  failing = { [PRO]: '500 Internal Server Error' };
  const tenant = await tenantOf(goingOn);
  const answer = await tenant.call(AUTO);
  expect([answer.status, ...told(answer)]).toEqual([500, 'premium', PRO, null]);
  expect(await entriesOf(goingOn, answer.requestId)).toHaveLength(1);
  failing = {};
});

test('every row of that table has a case here, and every case a row', () => {
  const page = readFileSync(new URL('../../../../docs/ARCHITECTURE.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| (K\d+) /gm)].map(([, id]) => id);
  expect(rows.length).toBeGreaterThan(10);
  expect(covered).toEqual(new Set(rows));
  expect(rows).toHaveLength(covered.size);
});
