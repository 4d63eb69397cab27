/** What the management API is built from. A part of the composition root. */
import { ControlTurns } from './admin/control-turns.ts';
import type { AdminDependencies } from './admin/dependencies.ts';
import type { ProvisionedDesk } from './admin/provisioned-world.ts';
import { provisionedControl, surroundingsOf, type FixedCredentials } from './bedrock-side.ts';
import type { Settings } from './config/settings.ts';
import { openOAuth } from './credentials/oauth.ts';
import { openSubmissions } from './keeper-side.ts';
import { unitHourPriceNow } from './prices/unit-hours.ts';

/** What is there already. */
export interface ManagementParts extends Omit<
  AdminDependencies,
  'oauth' | 'submissions' | 'provisioned' | 'surroundings' | 'onCatalogChanged'
> {
  readonly instanceId: string;
  /** AWS credentials of a demo. */
  readonly fixed: FixedCredentials | undefined;
}

/** Adds what only the management API needs. */
export function managementOf(settings: Settings, parts: ManagementParts): AdminDependencies {
  const { clock, fixed } = parts;
  return {
    ...parts,
    oauth: openOAuth(settings, parts),
    submissions: openSubmissions({ ...parts, settings }),
    provisioned: provisionedDesk(settings, parts),
    onCatalogChanged: () => undefined,
    surroundings: surroundingsOf(settings, clock, fixed),
  };
}

function provisionedDesk(
  settings: Settings,
  { fixed, catalog, clock }: ManagementParts,
): ProvisionedDesk {
  return {
    control: provisionedControl(settings, fixed),
    turns: new ControlTurns(),
    entryDays: settings.entryDays,
    rules: {
      region: settings.region,
      namePrefix: settings.provisionedNamePrefix,
      createdBy: settings.provisionedCreatedBy,
      source: settings.provisionedSource,
      confirmCommitments: settings.confirmCommitments,
      confirmationMs: settings.confirmationSeconds * 1000,
    },
    unitHourPrice: (modelId, commitment) =>
      unitHourPriceNow(catalog, modelId, commitment, clock.now()),
  };
}
