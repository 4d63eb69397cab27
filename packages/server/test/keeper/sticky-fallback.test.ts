/**
 * The sticky label under fifty clients on three processes over one data directory: it moves forward
 * only, everybody agrees within one call, and it clears at local midnight, on days of 23, 23.5, 24,
 * 24.5 and 25 hours. Local midnights are written by hand from the rules of the zones.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, type Answered } from './api-caller.ts';
import { ServerProcesses } from './server-processes.ts';

const CLIENTS = 50;
const ROUNDS = 4;
const LABELS = ['premium', 'standard', 'economy'];
const MODELS = ['amazon.nova-pro-v1:0', 'amazon.nova-2-lite-v1:0', 'amazon.nova-micro-v1:0'];
/** Micro-USD. A call of 1,500 and 800 tokens on premium is 3,760, on standard 2,695. */
const QUOTAS = { premium: 20_000, standard: 120_000, economy: 5_000_000 };
const APP = 'bot';

/** Local days: zone, first and last instant. */
const DAYS = [
  ['America/New_York', '2026-03-08', 23, '2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z'],
  [
    'Australia/Lord_Howe',
    '2026-04-05',
    24.5,
    '2026-04-04T13:00:00.000Z',
    '2026-04-05T13:30:00.000Z',
  ],
  ['Asia/Seoul', '2026-05-10', 24, '2026-05-09T15:00:00.000Z', '2026-05-10T15:00:00.000Z'],
  [
    'Australia/Lord_Howe',
    '2026-10-04',
    23.5,
    '2026-10-03T13:30:00.000Z',
    '2026-10-04T13:00:00.000Z',
  ],
  ['America/New_York', '2026-11-01', 25, '2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'],
] as const;

let processes: ServerProcesses;
beforeAll(async () => {
  processes = await ServerProcesses.start(3, '2026-03-01T00:00:00Z', {
    TOLLKEEPER_RATE_LIMIT_PRESET: 'off',
  });
}, 120_000);
afterAll(() => processes.close());

/** One advice: which label, by its place. Times are of this process. */
interface Advice {
  readonly client: number;
  readonly asked: number;
  readonly answered: number;
  readonly place: number;
  readonly reason: string;
  readonly sticky: boolean;
  readonly day: string;
}

/** What is read of an answer. */
interface Selection {
  readonly recommended_model: { readonly label: string; readonly reason: string };
  readonly quota_status: { readonly sticky_fallback_active: boolean };
  readonly org_day: string;
}

function read<T>({ text }: Answered): T {
  return JSON.parse(text) as T;
}

const shift = (at: string, ms: number): string => new Date(Date.parse(at) + ms).toISOString();
const endpointOf = (client: number): string =>
  processes.endpoints[client % processes.endpoints.length] ?? '';

async function expectStatus(asked: Promise<Answered>, status: number): Promise<Answered> {
  const answer = await asked;
  if (answer.status !== status) throw new Error(`${answer.status}: ${answer.text}`);
  return answer;
}

function putOrganization(orgId: string, timezone: string, quotas: object): Promise<Answered> {
  const json = { org_name: 'Acme', timezone, quota_scope: 'ORG', model_ordering: LABELS, quotas };
  const path = `/api/v1/orgs/${orgId}`;
  return ask(endpointOf(0), { method: 'PUT', path, key: processes.provisioningKey, json });
}

async function organizationIn(orgId: string, timezone: string): Promise<Client> {
  const key = processes.provisioningKey;
  const path = `/api/v1/orgs/${orgId}`;
  await expectStatus(putOrganization(orgId, timezone, QUOTAS), 201);
  const app = { method: 'PUT', path: `${path}/apps/${APP}`, key, json: { app_name: APP } } as const;
  const made = read<{ credentials: object }>(await expectStatus(ask(endpointOf(1), app), 201));
  return new Client(`${path}/apps/${APP}`, made.credentials);
}

/** The application's OAuth client, as all fifty use it. */
class Client {
  readonly #path: string;
  readonly #credentials: object;
  #bearer = '';

  constructor(path: string, credentials: object) {
    this.#path = path;
    this.#credentials = credentials;
  }

  /** Tokens last an hour, and the clock goes by days. */
  async authenticate(): Promise<void> {
    const json = { ...this.#credentials, grant_type: 'client_credentials' };
    const asked = { method: 'POST', path: '/auth/token', json } as const;
    const answer = await expectStatus(ask(endpointOf(0), asked), 200);
    this.#bearer = read<{ access_token: string }>(answer).access_token;
  }

  async select(client: number): Promise<Advice> {
    const path = `${this.#path}/model-selection`;
    const asked = performance.now();
    const answer = await ask(endpointOf(client), { path, bearer: this.#bearer });
    const answered = performance.now();
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.text}`);
    const { recommended_model, quota_status, org_day } = read<Selection>(answer);
    const { label, reason } = recommended_model;
    const sticky = quota_status.sticky_fallback_active;
    return { client, asked, answered, place: LABELS.indexOf(label), reason, sticky, day: org_day };
  }

  async report(client: number, place: number, timestamp: string): Promise<void> {
    const json = {
      ...{ request_id: randomUUID(), model_label: LABELS[place], bedrock_model_id: MODELS[place] },
      ...{ input_tokens: 1500, output_tokens: 800, status: 'OK', timestamp },
    };
    const path = `${this.#path}/usage`;
    const asked = { method: 'POST', path, bearer: this.#bearer, json } as const;
    await expectStatus(ask(endpointOf(client), asked), 202);
  }
}

function everyClient<T>(work: (client: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: CLIENTS }, (_, client) => work(client)));
}

/** Whoever asks after somebody was answered is not sent back behind that answer. */
function steppedBack(advices: readonly Advice[]): readonly string[] {
  const byEnd = advices.toSorted((a, b) => a.answered - b.answered);
  const wrong: string[] = [];
  let furthest = 0;
  let ended = 0;
  for (const advice of advices.toSorted((a, b) => a.asked - b.asked)) {
    for (let next = byEnd[ended]; next !== undefined && next.answered < advice.asked;) {
      furthest = Math.max(furthest, next.place);
      ended += 1;
      next = byEnd[ended];
    }
    if (advice.place < furthest) wrong.push(`${advice.client}: ${advice.place} after ${furthest}`);
  }
  return wrong;
}

describe.each(DAYS)('%s on %s, a day of %d hours', (zone, date, hours, start, end) => {
  test('the label moves forward only, all agree, and it clears at local midnight', async () => {
    expect((Date.parse(end) - Date.parse(start)) / 3_600_000).toBe(hours);
    const noon = shift(start, 60_000);
    processes.setClock(noon);
    const orgId = randomUUID();
    const client = await organizationIn(orgId, zone);
    await client.authenticate();
    const day = date.replaceAll('-', '');

    const rounds = await everyClient(async (each) => {
      const advices: Advice[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const advice = await client.select(each);
        advices.push(advice);
        await client.report(each, advice.place, noon);
      }
      return advices;
    });
    const advices = rounds.flat();
    expect(steppedBack(advices)).toEqual([]);
    expect(new Set(advices.map((advice) => advice.day))).toEqual(new Set([day]));
    // The day has seen all labels, and whoever was moved on knows why.
    expect(new Set(advices.map(({ place }) => place))).toEqual(new Set([0, 1, 2]));
    for (const { place, reason, sticky } of advices) {
      expect(sticky).toBe(place > 0);
      expect(reason).toMatch(place === 0 ? /^NORMAL$/ : /^(STICKY_FALLBACK|QUOTA_EXCEEDED_\w+)$/);
    }

    // A raised quota frees the first label again, but not before the day is over.
    await expectStatus(putOrganization(orgId, zone, { ...QUOTAS, premium: 10_000_000 }), 200);
    processes.setClock(shift(end, -1));
    await client.authenticate();
    const last = await everyClient((each) => client.select(each));
    expect(new Set(last.map(({ place, reason }) => `${place} ${reason}`))).toEqual(
      new Set(['2 STICKY_FALLBACK']),
    );
    expect(new Set(last.map((advice) => advice.day))).toEqual(new Set([day]));

    processes.setClock(end);
    const first = await everyClient((each) => client.select(each));
    expect(new Set(first.map(({ place, reason }) => `${place} ${reason}`))).toEqual(
      new Set(['0 NORMAL']),
    );
    expect(new Set(first.map(({ sticky }) => sticky))).toEqual(new Set([false]));
    expect(first.map((advice) => advice.day)).not.toContain(day);
  }, 120_000);
});
