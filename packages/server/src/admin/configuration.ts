/** What must go together in the settings of organizations and applications. */
import { Fault } from './fault.ts';

/** Every quota needs a label of the ordering that counts. Throws a `Fault`. */
export function checkQuotas(
  quotas: Readonly<Record<string, number>> | null,
  ordering: readonly string[] | null,
): void {
  if (quotas === null || ordering === null) return;
  const invalid = Object.keys(quotas).filter((label) => !ordering.includes(label));
  if (invalid.length === 0) return;
  throw new Fault('INVALID_CONFIG', 'quotas name labels that are not in model_ordering.', {
    invalid_labels: invalid,
    valid_labels: ordering,
  });
}
