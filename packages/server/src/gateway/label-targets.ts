/**
 * Which model a label stands for, and which label a model counts on that is called by its own name:
 * the first of the application's ordering whose model it is. So a quota cannot be passed by naming
 * the model instead of the label, nor by a cross-region form of it.
 */
import { isNameOfModel, parseModelId } from '@tollkeeper/core';
import type { EffectiveConfig } from '../keeper/effective.ts';
import type { ModelLabels } from '../config/model-labels.ts';

/** Models that callers of one application have named, kept at once; then all are forgotten. */
const KEPT_MAX = 1_000;

/** See the head of the file. One per process. */
export class LabelTargets {
  readonly #labels: ModelLabels;
  /** What was found, for as long as a configuration counts. */
  readonly #found = new WeakMap<EffectiveConfig, Map<string, string | null>>();

  constructor(labels: ModelLabels) {
    this.#labels = labels;
  }

  /** The model id or ARN that a label stands for; undefined when the settings do not say. */
  idOf(label: string): string | undefined {
    return this.#labels.get(label)?.id;
  }

  /**
   * The label that a call of `modelId` counts on, or null. `modelId` is as entries name it: without
   * an ARN around a model of AWS.
   */
  labelOf(config: EffectiveConfig, modelId: string): string | null {
    let found = this.#found.get(config);
    if (found === undefined) {
      found = new Map();
      this.#found.set(config, found);
    }
    const known = found.get(modelId);
    if (known !== undefined) return known;
    if (found.size >= KEPT_MAX) found.clear();
    const label = this.#search(config.ordering, modelId);
    found.set(modelId, label);
    return label;
  }

  #search(ordering: readonly string[], modelId: string): string | null {
    const stands = (label: string): boolean => {
      const id = this.idOf(label);
      return id !== undefined && isNameOfModel(asEntriesName(id), modelId);
    };
    return ordering.find(stands) ?? null;
  }
}

/** Without an ARN around a model of AWS. */
function asEntriesName(id: string): string {
  const named = parseModelId(id);
  if (named.kind !== 'foundation') return id;
  return named.prefix === null ? named.model_id : `${named.prefix}.${named.model_id}`;
}
