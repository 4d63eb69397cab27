/**
 * Which model an inference profile stands for where it is called: asked of the control plane when a
 * submission first names the profile, and remembered, since a profile never comes to stand for
 * another model. Nothing is guessed, and nobody who submits is kept waiting twice: that there is no
 * such profile, or no answer, counts for a moment. The two are told apart: what has no answer now
 * may have one later.
 */
import { parseModelId } from '@tollkeeper/core';
import { scopeOfRegions } from '../gateway/owned-models.ts';
import type { Clock } from '../ports/clock.ts';
import type { ModelResources } from '../ports/model-resources.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import { calledModel, type PricedModel } from './named-model.ts';

export interface ProfileModelParts {
  /** The control plane of a region. */
  readonly resources: (region: string) => ModelResources;
  readonly clock: Clock;
  readonly log: Telemetry['log'];
}

/** What a profile was found to be. */
interface Found {
  /** The model by the region that serves it; '' where the profile names no region. */
  readonly models: ReadonlyMap<string, string>;
  readonly scope: PricedModel['scope'];
}

/** Nobody answers: it may be looked up later. */
type Unanswered = 'unavailable';

interface Kept {
  readonly found: Found | Unanswered | undefined;
  /** Milliseconds of the monotonic clock. */
  readonly until: number;
}

const KEPT_MAX = 5_000;
/** How long "there is no such profile" and "no answer" count, in milliseconds. */
const NOT_FOUND_MS = 5_000;
const PROFILE_ARN =
  /^arn:aws[a-z-]{0,40}:bedrock:([a-z0-9-]{1,32}):\d{12}:((?:application-)?inference-profile)\//;

/** What a profile is priced by; undefined: nothing that could be. */
export type ProfileModel = PricedModel | Unanswered | undefined;

/** See the head of the file. One per process. */
export class ProfileModels {
  readonly #parts: ProfileModelParts;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<Kept['found']>>();

  constructor(parts: ProfileModelParts) {
    this.#parts = parts;
  }

  /**
   * What to price calls of a profile by, in the region that was called; at once when it is known.
   * Undefined: it stands for nothing. Never rejects.
   */
  find(profile: string, region: string): ProfileModel | Promise<ProfileModel> {
    const called = calledModel(profile);
    // Profiles that AWS publishes carry the model in their id.
    if (called.published) return called;
    const kept = this.#kept.get(profile);
    if (kept !== undefined && this.#parts.clock.monotonic() < kept.until) {
      return modelIn(kept.found, region);
    }
    return this.#askOnce(profile).then((found) => modelIn(found, region));
  }

  #askOnce(arn: string): Promise<Kept['found']> {
    const asking = this.#asking.get(arn);
    if (asking !== undefined) return asking;
    const asked = this.#ask(arn).finally(() => this.#asking.delete(arn));
    this.#asking.set(arn, asked);
    return asked;
  }

  async #ask(arn: string): Promise<Kept['found']> {
    const { resources, log } = this.#parts;
    const [, home, kind] = PROFILE_ARN.exec(arn) ?? [];
    if (home === undefined || kind === undefined) return undefined;
    const answer = await resources(home).look(kind as 'inference-profile', arn);
    const found = answer.kind === 'models' ? foundOf(answer.modelArns) : undefined;
    if (found === undefined) {
      const cause = answer.kind === 'unavailable' ? answer.reason : answer.kind;
      log('warn', 'An inference profile could not be looked up.', { arn, cause });
    }
    const known = answer.kind === 'unavailable' ? answer.kind : found;
    this.#keep(arn, known);
    return known;
  }

  #keep(arn: string, found: Kept['found']): void {
    if (!this.#kept.has(arn) && this.#kept.size >= KEPT_MAX) {
      const [first] = this.#kept.keys();
      if (first !== undefined) this.#kept.delete(first);
    }
    const isFound = typeof found === 'object';
    const lifetime = isFound ? Infinity : NOT_FOUND_MS;
    this.#kept.set(arn, { found, until: this.#parts.clock.monotonic() + lifetime });
  }
}

/** In profiles that route anywhere, AWS leaves the region of a model's ARN empty. */
const WITHOUT_REGION = /^(arn:aws[a-z-]{0,40}:bedrock:)(::foundation-model\/.*)$/s;

/** Undefined when any of the models cannot be read: half an answer is none. */
function foundOf(arns: readonly string[]): Found | undefined {
  const models = new Map<string, string>();
  for (const arn of arns) {
    const anywhere = WITHOUT_REGION.exec(arn);
    const reference = parseModelId(
      anywhere === null ? arn : `${anywhere[1]}us-east-1${anywhere[2]}`,
    );
    if (reference.kind !== 'foundation' || reference.arn === null) return undefined;
    models.set(anywhere === null ? reference.arn.region : '', reference.model_id);
  }
  return models.size === 0 ? undefined : { models, scope: scopeOfRegions([...models.keys()]) };
}

/** The model that serves calls made in a region; a profile is of one model, so any region tells. */
function modelIn(found: Kept['found'], region: string): ProfileModel {
  if (typeof found !== 'object') return found;
  const [first] = found.models.values();
  const model_id = found.models.get(region) ?? first;
  return model_id === undefined ? undefined : { model_id, scope: found.scope };
}
