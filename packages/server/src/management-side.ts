/** What the management API is built from. A part of the composition root. */
import type { AdminDependencies } from './admin/dependencies.ts';
import { surroundingsOf, type FixedCredentials } from './bedrock-side.ts';
import type { Settings } from './config/settings.ts';
import { openOAuth } from './credentials/oauth.ts';
import { openSubmissions } from './keeper-side.ts';

/** What is there already. */
export interface ManagementParts extends Omit<
  AdminDependencies,
  'oauth' | 'submissions' | 'surroundings' | 'onCatalogChanged'
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
    onCatalogChanged: () => undefined,
    surroundings: surroundingsOf(settings, clock, fixed),
  };
}
