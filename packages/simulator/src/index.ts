/**
 * A Bedrock on loopback with a book of what it would have billed. It is an outside truth: it
 * shares no code with the product that is tested against it.
 */
export { DEFAULT_FIXTURES, type Fixtures, readFixtures } from './account/fixtures.ts';
export type { Credentials } from './auth/sigv4.ts';
export { runSimulator, SIMULATOR_USAGE } from './command.ts';
export { DEFAULT_SETTINGS, type RunSettings } from './settings.ts';
export {
  DEFAULT_BEARER_TOKEN,
  DEFAULT_CREDENTIALS,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from './simulator.ts';
