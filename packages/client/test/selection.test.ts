/** Advice: kept as long as the service says, asked for again with its tag. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QuotasSpent, Selections } from '../src/selection.ts';
import { handClock, type HandClock } from './hand-clock.ts';
import {
  adviceOf,
  APP,
  ORG,
  refusal,
  scriptedApi,
  type Script,
  type ScriptedApi,
} from './scripted-api.ts';

let api: ScriptedApi;
let clock: HandClock;
let selections: Selections;

beforeEach(async () => {
  api = await scriptedApi();
  clock = handClock();
  selections = new Selections({
    api: { endpoint: api.endpoint, fetch },
    place: { org_id: ORG, app_id: APP },
    outside: clock.outside,
    staleSecsMax: 300,
  });
});
afterEach(() => api.close());

const SECOND = 1000;

/** Answers with a tag, and with 304 to whoever has it. */
const tagged =
  (label: string, cacheSecs = 300): Script =>
  ({ headers }) => {
    const etag = `"${label}"`;
    if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
    return { status: 200, headers: { etag }, body: adviceOf(label, cacheSecs) };
  };

async function label(fresh = false): Promise<string> {
  return (await selections.current(fresh)).advice.recommended_model.label;
}

describe('advice', () => {
  it('is asked for once in the time that the service gives it, by however many', async () => {
    api.script = tagged('premium', 60);
    const all = await Promise.all(Array.from({ length: 10 }, () => label()));
    expect(new Set(all)).toEqual(new Set(['premium']));
    clock.advance(59 * SECOND);
    await label();
    expect(api.asked).toHaveLength(1);
    expect(api.asked[0]?.path).toBe(`/api/v1/orgs/${ORG}/apps/${APP}/model-selection`);
    clock.advance(SECOND);
    await label();
    expect(api.asked).toHaveLength(2);
  });

  it('that has not changed is not sent again, and is good for as long again', async () => {
    api.script = tagged('premium');
    await label();
    clock.advance(300 * SECOND);
    expect(await selections.current(false)).toMatchObject({
      stale: false,
      advice: { recommended_model: { label: 'premium' } },
    });
    expect(api.asked[1]?.headers['if-none-match']).toBe('"premium"');
    clock.advance(299 * SECOND);
    await label();
    expect(api.asked).toHaveLength(2);
  });

  it('that has changed replaces the old', async () => {
    api.script = tagged('premium');
    await label();
    api.script = tagged('economy');
    clock.advance(300 * SECOND);
    expect(await label()).toBe('economy');
    clock.advance(300 * SECOND);
    await label();
    expect(api.asked[2]?.headers['if-none-match']).toBe('"economy"');
  });

  it('can be asked for fresh at any time', async () => {
    await label();
    api.script = tagged('economy');
    expect(await label(true)).toBe('economy');
    expect(api.asked[1]?.path).toMatch(/\?force_check=true$/);
    expect(await label()).toBe('economy');
    expect(api.asked).toHaveLength(2);
  });
});

describe('when the service does not answer', () => {
  it.each([
    [{ status: 0, hangUp: true }],
    [refusal(503, 'SERVICE_UNAVAILABLE')],
    [refusal(429, 'RATE_LIMIT_EXCEEDED')],
  ])('the last advice serves for a while, marked as stale: %j', async (failure) => {
    await label();
    api.script = () => failure;
    clock.advance(599 * SECOND);
    expect(await selections.current(false)).toMatchObject({ stale: true });
    clock.advance(SECOND);
    await expect(selections.current(false)).rejects.toThrow();
  });

  it('there is no advice where there was none', async () => {
    api.script = () => refusal(503, 'SERVICE_UNAVAILABLE');
    await expect(selections.current(false)).rejects.toThrow('because of SERVICE_UNAVAILABLE');
  });

  it('a fresh answer is never a stale one, and a refusal never serves', async () => {
    await label();
    api.script = () => refusal(503, 'SERVICE_UNAVAILABLE');
    await expect(selections.current(true)).rejects.toThrow();
    api.script = () => refusal(403, 'FORBIDDEN');
    clock.advance(300 * SECOND);
    await expect(selections.current(false)).rejects.toThrow();
  });
});

describe('when every quota is spent', () => {
  const spent = () =>
    refusal(429, 'QUOTA_EXCEEDED', {
      retry_after: '2026-11-23T05:00:00Z',
      details: { total_overage_usd_micros: 7 },
    });

  it('says until when, and does not ask again for a minute', async () => {
    await label();
    api.script = spent;
    clock.advance(300 * SECOND);
    const error: unknown = await selections.current(false).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(QuotasSpent);
    expect(error).toMatchObject({
      until: new Date('2026-11-23T05:00:00Z'),
      details: { total_overage_usd_micros: 7 },
    });
    clock.advance(59 * SECOND);
    await expect(selections.current(false)).rejects.toThrow(QuotasSpent);
    expect(api.asked).toHaveLength(2);
    // Somebody has raised them.
    api.script = tagged('premium');
    clock.advance(SECOND);
    expect(await label()).toBe('premium');
  });

  it('asks again when the day ends, should that be sooner', async () => {
    api.script = () => refusal(429, 'QUOTA_EXCEEDED', { retry_after: '2026-11-22T14:33:10Z' });
    await expect(selections.current(false)).rejects.toThrow(QuotasSpent);
    api.script = () => undefined;
    clock.advance(10 * SECOND);
    expect(await label()).toBe('premium');
  });
});
