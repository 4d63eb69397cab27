/**
 * Settings of the cost keeper: labels, and what holds where an organization does not say otherwise.
 * They have structure, so they exist in the settings file alone.
 */
import { isTimeZone } from '@tollkeeper/core';
import {
  METERING_DEFAULTS,
  type MeteringDefaults,
  type OrganizationDefaults,
  type StatedMetering,
} from './keeper-defaults.ts';
import { DEVELOPMENT_LABELS, type LabelFacts, type ModelLabels } from './model-labels.ts';
import { onlyKnown, recordOf, structured, textIn, wholeIn, Wrong } from './structured-setting.ts';

const LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const LABELS_MAX = 1_000;
const ORDERING_MAX = 50;
const QUOTA_MAX = 9_000_000_000_000;

const LABEL_MEMBERS = [
  'type',
  'id',
  'description',
  'tier',
  'family',
  'input_price_usd_micros_per_1m',
  'output_price_usd_micros_per_1m',
] as const;
const PRICE_MAX = 1_000_000_000_000;
/** What calls name in place of a label. */
const TOP_OF_ORDERING = 'auto';

function labelIn(label: string, given: unknown): LabelFacts {
  const where = `model_labels.${label}`;
  if (!LABEL.test(label)) {
    throw new Wrong(`${where} must be named by letters, digits, dots, dashes and underscores`);
  }
  if (label.toLowerCase() === TOP_OF_ORDERING) {
    throw new Wrong(`${where} must have another name: auto stands for the top of an ordering`);
  }
  const facts = recordOf(where, given);
  onlyKnown(where, Object.keys(facts), LABEL_MEMBERS);
  const { type, id, description } = facts;
  if (type !== 'model' && type !== 'profile') {
    throw new Wrong(`${where}.type must be model or profile`);
  }
  const price = (member: 'input' | 'output'): number | null => {
    const name = `${member}_price_usd_micros_per_1m`;
    const value = facts[name] ?? null;
    return value === null ? null : wholeIn(`${where}.${name}`, value, 0, PRICE_MAX);
  };
  const optional = (member: 'tier' | 'family'): string | null => {
    const value = facts[member] ?? null;
    return value === null ? null : textIn(`${where}.${member}`, value);
  };
  return Object.freeze({
    label,
    type,
    id: textIn(`${where}.id`, id),
    description: textIn(`${where}.description`, description),
    tier: optional('tier'),
    family: optional('family'),
    input_price_usd_micros_per_1m: price('input'),
    output_price_usd_micros_per_1m: price('output'),
  });
}

function labelsIn(given: unknown): ModelLabels {
  const labels = Object.entries(recordOf('model_labels', given));
  if (labels.length === 0 || labels.length > LABELS_MAX) {
    throw new Wrong(`model_labels must have 1 to ${LABELS_MAX} labels`);
  }
  // Reasons and messages write labels in capitals, where two must not be the same.
  const capitals = new Set(labels.map(([label]) => label.toUpperCase()));
  if (capitals.size < labels.length) {
    throw new Wrong('model_labels must not have two labels that differ only in capitals');
  }
  return new Map(labels.map(([label, facts]) => [label, labelIn(label, facts)]));
}

const SECONDS_MAX = 86_400;
const SHARD_COUNTS = [8, 16, 32, 64];

function meteringIn(given: unknown): StatedMetering {
  const where = 'metering_defaults';
  const stated = recordOf(where, given);
  onlyKnown(where, Object.keys(stated), Object.keys(METERING_DEFAULTS));
  const bounds: Record<keyof MeteringDefaults, (at: string, value: unknown) => number | boolean> = {
    agg_shard_count: (at, value) => {
      const found = SHARD_COUNTS.find((count) => count === value);
      if (found === undefined) throw new Wrong(`${at} must be one of ${SHARD_COUNTS.join(', ')}`);
      return found;
    },
    tight_mode_threshold_pct: (at, value) => wholeIn(at, value, 50, 100),
    sticky_fallback_enabled: (at, value) => {
      if (typeof value !== 'boolean') throw new Wrong(`${at} must be true or false`);
      return value;
    },
    refresh_interval_normal_secs: (at, value) => wholeIn(at, value, 1, SECONDS_MAX),
    refresh_interval_tight_secs: (at, value) => wholeIn(at, value, 1, SECONDS_MAX),
    spent_tail_pct: (at, value) => wholeIn(at, value, 0, 50),
  };
  const entries = Object.entries(stated).map(([name, value]) => {
    const read = bounds[name as keyof MeteringDefaults];
    return [name, read(`${where}.${name}`, value)];
  });
  return Object.freeze(Object.fromEntries(entries) as StatedMetering);
}

const ORGANIZATION_MEMBERS = ['timezone', 'quota_scope', 'model_ordering', 'quotas'] as const;

function organizationIn(given: unknown): OrganizationDefaults {
  const where = 'organization_defaults';
  const stated = recordOf(where, given);
  onlyKnown(where, Object.keys(stated), ORGANIZATION_MEMBERS);
  const { timezone, quota_scope, model_ordering, quotas } = stated;
  return Object.freeze({
    ...(timezone === undefined ? {} : { timezone: zoneIn(`${where}.timezone`, timezone) }),
    ...(quota_scope === undefined ? {} : { quota_scope: scopeIn(where, quota_scope) }),
    ...(model_ordering === undefined ? {} : { model_ordering: orderingIn(where, model_ordering) }),
    ...(quotas === undefined ? {} : { quotas: quotasIn(`${where}.quotas`, quotas) }),
  });
}

function zoneIn(where: string, given: unknown): string {
  if (typeof given === 'string' && isTimeZone(given)) return given;
  throw new Wrong(`${where} must be an IANA time zone, such as Europe/Zurich`);
}

function scopeIn(where: string, given: unknown): 'ORG' | 'APP' {
  if (given === 'ORG' || given === 'APP') return given;
  throw new Wrong(`${where}.quota_scope must be ORG or APP`);
}

function orderingIn(where: string, given: unknown): readonly string[] {
  const labels: unknown[] = Array.isArray(given) ? given : [];
  const texts = labels.filter((label) => typeof label === 'string');
  const good = texts.length === labels.length && new Set(texts).size === texts.length;
  if (good && texts.length > 0 && texts.length <= ORDERING_MAX) return Object.freeze(texts);
  throw new Wrong(`${where}.model_ordering must be 1 to ${ORDERING_MAX} different labels`);
}

function quotasIn(where: string, given: unknown): Readonly<Record<string, number>> {
  const entries = Object.entries(recordOf(where, given));
  return Object.freeze(
    Object.fromEntries(
      entries.map(([label, value]) => [label, wholeIn(`${where}.${label}`, value, 0, QUOTA_MAX)]),
    ),
  );
}

export const keeper = {
  modelLabels: structured<ModelLabels>({
    default: DEVELOPMENT_LABELS,
    description:
      'The labels that orderings and quotas are made of. Each has `type` (`model` or `profile`), ' +
      '`id`, `description`, and may have `tier`, `family`, `input_price_usd_micros_per_1m` and ' +
      '`output_price_usd_micros_per_1m`: the last resort where the price book has no price.',
    expects: 'a map of labels',
    shown: [...DEVELOPMENT_LABELS.keys()].join(', '),
    read: labelsIn,
  }),
  meteringDefaults: structured<StatedMetering>({
    default: {},
    description:
      'What holds where neither an application nor its organization says otherwise: ' +
      '`agg_shard_count`, `tight_mode_threshold_pct`, `sticky_fallback_enabled`, ' +
      '`refresh_interval_normal_secs`, `refresh_interval_tight_secs`, and `spent_tail_pct`: how ' +
      'many hundredths of a quota may be left when its label counts as spent.',
    expects: 'a map',
    shown: Object.entries(METERING_DEFAULTS)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    read: meteringIn,
  }),
  organizationDefaults: structured<OrganizationDefaults>({
    default: {},
    description:
      'What organizations get that do not say it themselves: `timezone`, `quota_scope`, ' +
      '`model_ordering`, `quotas` (micro-USD a day by label).',
    expects: 'a map',
    shown: 'none',
    read: organizationIn,
  }),
} as const;
