/**
 * What submissions of an application are judged by: its configuration, and the labels that it may
 * name with what each stands for. Read once for a revision of the catalogue and kept in memory, so
 * that a submission costs no read.
 */
import { applicationDocument, type InferenceProfileRecord } from '../catalog/records.ts';
import type { CatalogItem, CatalogStore } from '../ports/catalog-store.ts';
import type { EffectiveConfig, EffectiveConfigs } from './effective.ts';
import type { LabelFacts, ModelLabels } from '../config/model-labels.ts';

/** What a label stands for. */
export interface LabelTarget {
  readonly label: string;
  /** What the settings say of it; undefined for a registered profile. */
  readonly facts: LabelFacts | undefined;
  /** Id or ARN of the inference profile that it is; null for a model. */
  readonly profile: string | null;
}

export interface SubmissionScope {
  /** Revision of the catalogue by which it was read. */
  readonly revision: number;
  readonly config: EffectiveConfig;
  /** Labels that may be named: registered profiles come before those of the settings. */
  readonly targets: ReadonlyMap<string, LabelTarget>;
  /** ARNs of the registered profiles. */
  readonly profileArns: ReadonlySet<string>;
}

/** Profiles that an application may register. */
export const PROFILES_MAX = 500;
/** Most applications kept at once; the one that was added first goes first. */
const KEPT_MAX = 20_000;

/** See the head of the file. One per process. */
export class SubmissionScopes {
  readonly #catalog: CatalogStore;
  readonly #configs: EffectiveConfigs;
  readonly #labels: ModelLabels;
  readonly #kept = new Map<string, SubmissionScope>();
  #revision = -1;

  constructor(parts: {
    readonly catalog: CatalogStore;
    readonly configs: EffectiveConfigs;
    readonly labels: ModelLabels;
  }) {
    this.#catalog = parts.catalog;
    this.#configs = parts.configs;
    this.#labels = parts.labels;
  }

  /** Drops what was read by an older revision. Older or equal revisions change nothing. */
  refresh(revision: number): void {
    this.#configs.refresh(revision);
    if (revision <= this.#revision) return;
    this.#revision = revision;
    this.#kept.clear();
  }

  /** From memory. Undefined: ask `load`. */
  peek(orgId: string, appId: string): SubmissionScope | undefined {
    return this.#kept.get(applicationDocument(orgId, appId));
  }

  /** As of now. Undefined: there is no such organization. Rejects when the store does. */
  async load(orgId: string, appId: string): Promise<SubmissionScope | undefined> {
    const revision = await this.#catalog.revision();
    this.refresh(revision);
    const kept = this.peek(orgId, appId);
    if (kept !== undefined) return kept;
    const [config, profiles] = await Promise.all([
      this.#configs.forApp(orgId, appId, revision),
      profilesOf(this.#catalog, orgId, appId),
    ]);
    if (config === undefined) return undefined;
    const scope = scopeOf(revision, config, profiles, this.#labels);
    // What was read while the catalogue moved on is good for this answer and no other.
    if (revision === this.#revision) this.#keep(applicationDocument(orgId, appId), scope);
    return scope;
  }

  #keep(name: string, scope: SubmissionScope): void {
    if (this.#kept.size >= KEPT_MAX) {
      const [oldest] = this.#kept.keys();
      if (oldest !== undefined) this.#kept.delete(oldest);
    }
    this.#kept.set(name, scope);
  }
}

/** The profiles that an application has registered. */
export async function profilesOf(
  catalog: CatalogStore,
  orgId: string,
  appId: string,
): Promise<readonly InferenceProfileRecord[]> {
  const found: { readonly items: readonly CatalogItem<InferenceProfileRecord>[] } =
    await catalog.list<InferenceProfileRecord>('inference_profile', {
      parent: applicationDocument(orgId, appId),
      limit: PROFILES_MAX,
    });
  return found.items.map(({ value }) => value);
}

function scopeOf(
  revision: number,
  config: EffectiveConfig,
  profiles: readonly InferenceProfileRecord[],
  labels: ModelLabels,
): SubmissionScope {
  const targets = new Map<string, LabelTarget>();
  for (const label of config.ordering) {
    const facts = labels.get(label);
    targets.set(label, { label, facts, profile: facts?.type === 'profile' ? facts.id : null });
  }
  for (const { profile_label: label, inference_profile_arn: profile } of profiles) {
    targets.set(label, { label, facts: undefined, profile });
  }
  const profileArns = new Set(profiles.map((each) => each.inference_profile_arn));
  return { revision, config, targets, profileArns };
}
