/** Reports: what is filled in, and what is refused before it is kept. */
import { describe, expect, it } from 'vitest';
import { InvalidReport, submissionOf } from '../src/reports.ts';
import { handClock } from './hand-clock.ts';
import { APP, NOW, ORG } from './scripted-api.ts';

const PLACE = { org_id: ORG, app_id: APP };
const REPORT = {
  model_label: 'premium',
  bedrock_model_id: 'amazon.nova-pro-v1:0',
  input_tokens: 1,
  output_tokens: 2,
};
const { outside } = handClock();

describe('a report', () => {
  it('gets an id, a time and a status when it has none', () => {
    const { request_id, ...others } = submissionOf(REPORT, PLACE, outside);
    expect(request_id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(others).toEqual({ ...REPORT, status: 'OK', timestamp: NOW });
  });

  it('keeps what it states', () => {
    const stated = {
      ...REPORT,
      request_id: '0B8F6C5E-0000-4000-8000-00000000000A',
      status: 'ERROR',
      timestamp: '2026-11-22T01:00:00+01:00',
      calling_region: 'eu-west-2',
      cache_read_input_tokens: 7,
    } as const;
    expect(submissionOf(stated, PLACE, outside)).toEqual(stated);
  });

  it.each([
    [{ input_tokens: -1 }, 'input_tokens'],
    [{ output_tokens: 1.5 }, 'output_tokens'],
    [{ request_id: 'one' }, 'request_id'],
    [{ timestamp: 'now' }, 'timestamp'],
    [{ calling_region: 'nowhere' }, 'calling_region'],
    [{ tokens: 1 }, 'tokens'],
  ])('with %j is refused, by name', (over, member) => {
    const report = { ...REPORT, ...over };
    expect(() => submissionOf(report, PLACE, outside)).toThrow(InvalidReport);
    expect(() => submissionOf(report, PLACE, outside)).toThrow(member);
  });
});
