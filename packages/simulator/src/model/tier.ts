/**
 * Which service tiers and latencies a request may ask for. Priority and flex are sold for some
 * models only; a reservation has to be there, which only a script can say.
 */
import { invalid } from '../wire/failure.ts';
import type { Ask } from './ask.ts';
import type { Model } from './model.ts';

const TIERS: ReadonlySet<string> = new Set(['default', 'priority', 'flex', 'reserved']);

/** Models that are served in the priority and flex tiers. */
const TIERED: readonly RegExp[] = [
  /^amazon\.nova-(?!canvas)/,
  /^(openai|qwen|google|minimax|moonshot|moonshotai|nvidia|zai)\./,
  /^deepseek\.v/,
  /^mistral\.(mistral-large-3|ministral|magistral|devstral)/,
];

/**
 * Throws the `ValidationException` that AWS gives for a tier or latency that does not exist or that
 * the model lacks. `scripted` is the tier that a script serves; with one, a reservation exists.
 */
export function checkTier(ask: Ask, model: Model, scripted: string | null): void {
  if (ask.latency !== null && ask.latency !== 'standard' && ask.latency !== 'optimized') {
    throw invalid(
      `1 validation error detected: Value '${ask.latency}' at 'performanceConfig.latency' failed ` +
        'to satisfy constraint: Member must satisfy enum value set: [standard, optimized]',
    );
  }
  if (ask.tier === null || ask.tier === 'default') return;
  if (!TIERS.has(ask.tier)) {
    throw invalid(
      `1 validation error detected: Value '${ask.tier}' at 'serviceTier.type' failed to satisfy ` +
        'constraint: Member must satisfy enum value set: [priority, default, flex, reserved]',
    );
  }
  if (ask.tier === 'reserved') {
    if (scripted === null) throw invalid('Reservation not found.');
    return;
  }
  if (!TIERED.some((pattern) => pattern.test(model.id))) {
    throw invalid(`The service tier ${ask.tier} is not supported for this model.`);
  }
}
