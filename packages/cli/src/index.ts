/** The command line as a function, for whoever wants to run it in another process. */
export { run } from './run.ts';
export type { World } from './world.ts';
