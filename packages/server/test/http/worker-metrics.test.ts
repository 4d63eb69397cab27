/** One page of metrics for several processes. */
import { expect, test } from 'vitest';
import { pageOfWorkers } from '../../src/http/worker-metrics.ts';

const ONE = `# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{model="a b{c}",outcome="ok"} 3
calls_total{model="d"} 1
# HELP running Running calls.
# TYPE running gauge
running 2
`;
const TWO = `# HELP running Running calls.
# TYPE running gauge
running{} 5 1700000000000
# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{model="d"} 7
`;

test('samples of one family stand together, each with its process', () => {
  const page = pageOfWorkers([
    { worker: 1, text: ONE },
    { worker: 2, text: TWO },
  ]);
  expect(page).toBe(`# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{worker="1",model="a b{c}",outcome="ok"} 3
calls_total{worker="1",model="d"} 1
calls_total{worker="2",model="d"} 7
# HELP running Running calls.
# TYPE running gauge
running{worker="1"} 2
running{worker="2"} 5 1700000000000
# HELP tollkeeper_worker_up 1: the process told its metrics in time.
# TYPE tollkeeper_worker_up gauge
tollkeeper_worker_up{worker="1"} 1
tollkeeper_worker_up{worker="2"} 1
`);
});

test('a process that does not answer is told as down, and the others are there', () => {
  const page = pageOfWorkers([
    { worker: 1, text: null },
    { worker: 2, text: TWO },
  ]);
  expect(page).toContain('calls_total{worker="2",model="d"} 7');
  expect(page).toContain('tollkeeper_worker_up{worker="1"} 0');
});
