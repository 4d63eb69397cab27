/**
 * What the edge function takes of the rules: it serves the action endpoint by them and by nothing
 * else. `npm run generate` puts them into one file beside it.
 */
export { parseUsd } from '../money/pico.ts';
export { parseAction, performAction, refusalBody } from './action.ts';
export { tagsIn } from './aws-answer.ts';
export { controlCall } from './control-call.ts';
export type { ControlAnswer, ControlCall } from './control-call.ts';
export type { Actor } from './ownership.ts';
export type { ProvisioningWorld, Registry } from './world.ts';
