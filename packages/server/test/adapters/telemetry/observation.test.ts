/** What one process is watched by. */
import { expect, test } from 'vitest';
import { headersOf, openObservation } from '../../../src/adapters/telemetry/observation.ts';
import { Collector } from './collector.ts';

const IDLE = {
  settlementsPending: 0,
  callsRunning: 0,
  callsDraining: 0,
  admissionWaiting: 0,
  bufferedBytes: 0,
  refusalsWaiting: 0,
  refusalsNotKept: 0,
};

test('headers are read as the standard writes them', () => {
  expect(headersOf('api-key=a%20b, X-Team = blue=1')).toEqual({
    'api-key': 'a b',
    'x-team': 'blue=1',
  });
  expect(headersOf('broken=%zz')).toEqual({ broken: '%zz' });
  expect(headersOf(null)).toEqual({});
});

test('what the collector wants to know of us goes with every export', async () => {
  await using collector = await Collector.start();
  const settings = {
    logLevel: 'silent',
    emfMetrics: 'off' as const,
    emfNamespace: 'N',
    upstreamUrl: 'https://upstream',
    otlpEndpoint: collector.endpoint,
    otlpHeaders: 'api-key=k',
    otlpIntervalMs: 3_600_000,
    traceSamplePercent: 0,
  };
  const observation = await openObservation(settings, '1.2.3', () => IDLE);
  await observation.close();
  expect(collector.received[0]).toMatchObject({ path: '/v1/metrics', headers: { 'api-key': 'k' } });
});

test('without an endpoint there is nothing that traces', async () => {
  const settings = {
    logLevel: 'silent',
    emfMetrics: 'off' as const,
    emfNamespace: 'N',
    upstreamUrl: 'https://upstream',
    otlpEndpoint: null,
    otlpHeaders: null,
    otlpIntervalMs: 100,
    traceSamplePercent: 100,
  };
  const observation = await openObservation(settings, '1.2.3', () => IDLE);
  expect(observation.telemetry.traces).toBe(false);
  await observation.close();
});
