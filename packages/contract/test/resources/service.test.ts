/** The service: health in the cost keeper's shape. */
import { Compile } from 'typebox/compile';
import { expect, it } from 'vitest';
import { service } from '../../src/resources/service.ts';

const base = {
  service: 'tollkeeper',
  version: '0.1.0',
  timestamp: '2026-11-22T14:33:00.000Z',
};

it('says either how fast the database is or what is wrong with it', () => {
  const health = Compile(service.health.result);
  const healthy = { ...base, status: 'healthy', database: { status: 'healthy', latency_ms: 1.5 } };
  const ill = { ...base, status: 'unhealthy', database: { status: 'unhealthy', error: 'down' } };
  expect(health.Check(healthy)).toBe(true);
  expect(health.Check(ill)).toBe(true);
  expect(health.Check({ ...healthy, status: 'ok' })).toBe(false);
  expect(service.health.success).toEqual([200, 503]);
});
