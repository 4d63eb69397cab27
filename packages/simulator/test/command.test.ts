/** Flags become settings, and a wrong one is refused before anything listens. */
import { afterEach, expect, it, vi } from 'vitest';
import { runSimulator } from '../src/command.ts';
import { NOVA, post } from './rig.ts';

const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
afterEach(() => write.mockClear());

it('prints one line when it is ready, and every setting is a flag', async () => {
  const flags = '--tokens worst --output-tokens 9 --fault-rate 0.5 --fault-mix throttle,slow;ms=1';
  const simulator = await runSimulator([...flags.split(' '), '--bearer-token', 'mine']);
  expect(write.mock.calls).toEqual([[`simulator ready ${simulator.url}\n`]]);
  const settings = await (await fetch(`${simulator.url}/_simulator/config`)).json();
  expect(settings).toMatchObject({
    tokens: 'worst',
    output_tokens: 9,
    fault_rate: 0.5,
    fault_mix: ['throttle', 'slow;ms=1'],
  });
  const asked = await post(simulator, `/model/${NOVA}/converse`, {}, { authorization: 'Bearer x' });
  expect(asked.status).toBe(403);
  await simulator.close();
});

it.each([['--tokens', 'few'], ['--nothing'], ['--seed', 'x'], ['--port', '99999']])(
  '%s %s is refused',
  async (...flags) => {
    await expect(runSimulator(flags)).rejects.toThrow();
    expect(write).not.toHaveBeenCalled();
  },
);
