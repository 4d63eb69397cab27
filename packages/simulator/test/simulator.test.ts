/** Simulators are started with what they trust, and stop without leaving anything behind. */
import { expect, it } from 'vitest';
import { startSimulator } from '../src/index.ts';
import { ask, start } from './rig.ts';

it('listens on loopback at a port of its own, until it is closed', async () => {
  const simulator = await startSimulator();
  expect(simulator.url).toBe(`http://127.0.0.1:${simulator.port}`);
  expect((await ask(simulator, 'converse', '')).status).toBe(200);
  await simulator.close();
  await expect(ask(simulator, 'converse', '')).rejects.toThrow();
});

it('does not start on a port that is taken', async () => {
  const { port } = await start();
  await expect(startSimulator({ port })).rejects.toThrow('EADDRINUSE');
});

it('does not start with an impossible setting', async () => {
  await expect(startSimulator({ settings: { fault_rate: 2 } })).rejects.toThrow('fault_rate');
});
