/** The deterministic simulation, for tests and for `npm run simulate`. */
export { memoryEngine } from './memory-engine.ts';
export { simulate, QUIET_WITHIN_MS, type Outcome } from './simulate.ts';
export { FAULTS, type Fault } from './weather.ts';
