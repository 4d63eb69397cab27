/** The deterministic simulation, for tests and for `npm run simulate`. */
export { dynamoEngine } from './dynamo-engine.ts';
export { leasedMemoryEngine, memoryEngine } from './memory-engine.ts';
export { PLANTED, type Planted, type PlantedName } from './planted.ts';
export { simulate, QUIET_WITHIN_MS, type Outcome } from './simulate.ts';
export { FAULTS, type Fault } from './weather.ts';
