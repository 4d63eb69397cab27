/**
 * What must go together in the settings of organizations and applications.
 *
 * An organization that states none of scope, ordering and quotas uses the gateway alone. One that
 * states any of them has labels and quotas, and then everything that these need must be there.
 */
import type { ApiRequest, Problem } from '@tollkeeper/contract';
import type { ApplicationRecord, OrganizationRecord } from '../catalog/records.ts';
import { effectiveConfig, type EffectiveConfig } from '../keeper/effective.ts';
import type { Keeper } from '../keeper/keeper.ts';
import { Fault, invalidRequest } from './fault.ts';

type OrganizationBody = ApiRequest<'putOrganization'>['body'];
type ApplicationBody = ApiRequest<'putApplication'>['body'];
type Rules = Pick<Keeper, 'labels' | 'defaults'>;

/** Every quota needs a label of the ordering that counts. Throws a `Fault`. */
export function checkQuotas(
  quotas: Readonly<Record<string, number>> | null,
  ordering: readonly string[] | null,
): void {
  if (quotas === null || ordering === null) return;
  const invalid = Object.keys(quotas).filter((label) => !ordering.includes(label));
  if (invalid.length === 0) return;
  throw new Fault(
    'INVALID_CONFIG',
    `quotas name labels that are not in model_ordering: ${invalid.join(', ')}.`,
    { invalid_labels: invalid, valid_labels: ordering },
  );
}

/** Members that an organization with quotas must state, if the settings file does not for it. */
const NEEDED = ['org_name', 'timezone', 'quota_scope', 'model_ordering', 'quotas'] as const;

/** Throws a `Fault` for settings of an organization that do not go together. */
export function checkOrganization(body: OrganizationBody, { labels, defaults }: Rules): void {
  const { quota_scope, model_ordering, quotas } = body;
  if (quota_scope === undefined && model_ordering === undefined && quotas === undefined) return;
  const stated = { ...defaults.organization, ...body };
  const missing = NEEDED.filter((member) => stated[member] === undefined);
  if (missing.length > 0) throw invalidRequest(missing.map(isMissing));
  const ordering = stated.model_ordering ?? [];
  checkLabels(ordering, [...labels.keys()]);
  checkQuotas(stated.quotas ?? {}, ordering);
  checkEveryQuota(ordering, stated.quotas ?? {});
}

/**
 * Throws a `Fault` for settings of an application that do not go together with each other and with
 * those of its organization.
 */
export function checkApplication(
  body: ApplicationBody,
  organization: OrganizationRecord,
  { labels, defaults }: Rules,
): void {
  const inherited = effectiveConfig(organization, undefined, null, defaults);
  const ordering = body.model_ordering ?? inherited.ordering;
  checkQuotas(body.quotas ?? null, ordering.length === 0 ? null : ordering);
  // Without labels of its organization, an application's count for nothing yet.
  if (inherited.ordering.length === 0) return;
  if (body.app_name === undefined) throw invalidRequest([isMissing('app_name')]);
  checkLabels(ordering, [...labels.keys()]);
  if (inherited.quota_scope === 'ORG') {
    checkOfOrganization(ordering, inherited);
    return;
  }
  checkEveryQuota(ordering, { ...Object.fromEntries(inherited.quotas), ...body.quotas });
}

/** Whether an organization has labels, by itself or by the settings file. */
export function keepsCost(record: OrganizationRecord, { defaults }: Rules): boolean {
  return effectiveConfig(record, undefined, null, defaults).ordering.length > 0;
}

/** What holds for an application whose settings these are. */
export function configOf(
  organization: OrganizationRecord,
  application: ApplicationRecord,
  { defaults }: Rules,
): EffectiveConfig {
  return effectiveConfig(organization, application, application.app_id, defaults);
}

function isMissing(member: string): Problem {
  return { member: `body.${member}`, problem: 'is missing' };
}

function checkLabels(ordering: readonly string[], valid: readonly string[]): void {
  const invalid = ordering.filter((label) => !valid.includes(label));
  if (invalid.length === 0) return;
  throw new Fault(
    'INVALID_CONFIG',
    `model_ordering names labels that are not configured: ${invalid.join(', ')}.`,
    { invalid_labels: invalid, valid_labels: valid },
  );
}

function checkEveryQuota(
  ordering: readonly string[],
  quotas: Readonly<Record<string, number>>,
): void {
  const missing = ordering.filter((label) => !Object.hasOwn(quotas, label));
  if (missing.length === 0) return;
  throw new Fault(
    'INVALID_CONFIG',
    `quotas lack labels of model_ordering: ${missing.join(', ')}.`,
    { missing_labels: missing, model_ordering: ordering },
  );
}

/** Under the scope ORG only the organization's quotas count, so there must be one. */
function checkOfOrganization(ordering: readonly string[], inherited: EffectiveConfig): void {
  const invalid = ordering.filter((label) => !inherited.quotas.has(label));
  if (invalid.length === 0) return;
  throw new Fault(
    'INVALID_CONFIG',
    'model_ordering names labels for which the organization has no quota, and its quota_scope is ' +
      `ORG: ${invalid.join(', ')}.`,
    { invalid_labels: invalid, valid_labels: [...inherited.quotas.keys()] },
  );
}
