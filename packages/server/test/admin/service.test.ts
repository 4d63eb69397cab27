/** The service about itself: health in the cost keeper's shape, its contract, where things are. */
import { openApi, OPERATION_NAMES } from '@tollkeeper/contract';
import { afterEach, expect, it } from 'vitest';
import { startControlPlane, type ControlPlane, type Overrides } from './control-plane.ts';

let plane: ControlPlane;
afterEach(() => plane.close());

async function health(overrides: Overrides = {}) {
  plane = await startControlPlane(overrides);
  return fetch(`${plane.endpoint}/health`);
}

it('is healthy while the store can be read and written', async () => {
  const response = await health();
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({
    status: 'healthy',
    service: 'tollkeeper',
    version: '0.1.0',
    timestamp: '2026-11-22T14:33:00.000Z',
    database: { status: 'healthy', latency_ms: 0 },
  });
});

it('answers 503 when the store fails, without saying how, and is healthy again after', async () => {
  let broken = true;
  const probe = () => (broken ? Promise.reject(new Error('secret path')) : Promise.resolve());
  const response = await health({ ledger: { probe } });
  expect(response.status).toBe(503);
  const body = (await response.json()) as object;
  expect(body).toMatchObject({ status: 'unhealthy', database: { status: 'unhealthy' } });
  expect(JSON.stringify(body)).not.toContain('secret');
  broken = false;
  expect((await fetch(`${plane.endpoint}/health`)).status).toBe(200);
});

it('does not wait for ever for a store that hangs', async () => {
  const asked = Promise.withResolvers<void>();
  const probe = () => {
    asked.resolve();
    return new Promise<void>(() => undefined);
  };
  const answer = health({ ledger: { probe } });
  await asked.promise;
  plane.clock.advance(3000);
  expect((await answer).status).toBe(503);
});

it('probes once for all who ask at the same time', async () => {
  let probes = 0;
  const released = Promise.withResolvers<void>();
  plane = await startControlPlane({
    ledger: {
      probe: () => {
        probes++;
        return released.promise;
      },
    },
  });
  const url = `${plane.endpoint}/health`;
  const first = plane.app.inject('/health');
  const answers = Promise.all([
    first,
    ...Array.from({ length: 5 }, () => plane.app.inject('/health')),
  ]);
  await fetch(`${plane.endpoint}/`);
  released.resolve();
  expect((await answers).map(({ statusCode }) => statusCode)).toEqual(Array(6).fill(200));
  expect(probes).toBe(1);
  expect((await fetch(url)).status).toBe(200);
});

it('serves its contract and names all of its operations', async () => {
  plane = await startControlPlane();
  const document: unknown = await (await fetch(`${plane.endpoint}/openapi.json`)).json();
  expect(document).toEqual(openApi());
  const about = (await (await fetch(`${plane.endpoint}/`)).json()) as { endpoints: object };
  expect(Object.keys(about)).toEqual([
    'service',
    'version',
    'description',
    'documentation',
    'endpoints',
  ]);
  expect(Object.keys(about.endpoints)).toEqual(OPERATION_NAMES);
});
