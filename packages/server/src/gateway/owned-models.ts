/**
 * Which models an account-owned ARN stands for: asked of the control plane once, kept for a while,
 * and never guessed. Only who holds a grant of the ARN may have it asked for.
 *
 * An inference profile, a provisioned model and a prompt router never come to stand for another
 * model, so an answer that has grown old is asked for again, but still counts while nobody
 * answers. That there is no such thing counts for a moment only, since it may just be being made.
 */
import { parseModelId, type ModelReference, type PriceScope } from '@tollkeeper/core';
import type { Clock } from '../ports/clock.ts';
import type { LookedUpResource, ModelResource, ModelResources } from '../ports/model-resources.ts';

/** A foundation model or a cross-region profile of one, as the control plane names it. */
export interface OwnedModel {
  /** Without a cross-region prefix. */
  readonly modelId: string;
  readonly scope: PriceScope;
}

/** What an ARN stands for. */
export type OwnedAnswer =
  /** The one behind a profile or a provisioned model, or those that a router chooses from. */
  | { readonly kind: 'models'; readonly models: readonly OwnedModel[] }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'unavailable'; readonly reason: string };

interface Kept {
  readonly answer: OwnedAnswer;
  /** Milliseconds of the monotonic clock. */
  readonly until: number;
}

/** Most ARNs kept; the one that was added first goes first. */
const KEPT_MAX = 1_000;
/** How long "there is no such thing" counts. */
const NOT_FOUND_MS = 5_000;
/** How long a control plane that does not answer is left alone. */
const UNAVAILABLE_MS = 1_000;

/** See the head of the file. One per process. */
export class OwnedModels {
  readonly #source: ModelResources;
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<OwnedAnswer>>();

  constructor(parts: {
    readonly source: ModelResources;
    readonly clock: Clock;
    /** How long an answer counts, in milliseconds. */
    readonly keepMs: number;
  }) {
    this.#source = parts.source;
    this.#clock = parts.clock;
    this.#keepMs = parts.keepMs;
  }

  /** The answer, at once if it is in memory. Calls for one ARN share one question. */
  find(resource: LookedUpResource, arn: string): OwnedAnswer | Promise<OwnedAnswer> {
    const kept = this.#kept.get(arn);
    if (kept !== undefined && this.#clock.monotonic() < kept.until) return kept.answer;
    const asking = this.#asking.get(arn);
    if (asking !== undefined) return asking;
    const asked = this.#ask(resource, arn).finally(() => this.#asking.delete(arn));
    this.#asking.set(arn, asked);
    return asked;
  }

  async #ask(resource: LookedUpResource, arn: string): Promise<OwnedAnswer> {
    const answer = meaningOf(resource, await this.#source.look(resource, arn));
    const before = this.#kept.get(arn)?.answer;
    if (answer.kind === 'unavailable' && before?.kind === 'models') {
      this.#keep(arn, before, UNAVAILABLE_MS);
      return before;
    }
    this.#keep(arn, answer, this.#lifetimeOf(answer));
    return answer;
  }

  #lifetimeOf(answer: OwnedAnswer): number {
    switch (answer.kind) {
      case 'models':
        return this.#keepMs;
      case 'not_found':
        return NOT_FOUND_MS;
      case 'unavailable':
        return UNAVAILABLE_MS;
    }
  }

  #keep(arn: string, answer: OwnedAnswer, ms: number): void {
    if (!this.#kept.has(arn) && this.#kept.size >= KEPT_MAX) {
      const [first] = this.#kept.keys();
      if (first !== undefined) this.#kept.delete(first);
    }
    this.#kept.set(arn, { answer, until: this.#clock.monotonic() + ms });
  }
}

const UNREADABLE: OwnedAnswer = Object.freeze({ kind: 'unavailable', reason: 'unreadable' });

function meaningOf(resource: LookedUpResource, answer: ModelResource): OwnedAnswer {
  if (answer.kind !== 'models') return answer;
  const stated: StatedModel[] = [];
  for (const arn of answer.modelArns) {
    const model = statedModel(arn);
    if (model === null) return UNREADABLE;
    stated.push(model);
  }
  const [first] = stated;
  if (first === undefined) return UNREADABLE;
  if (resource !== 'application-inference-profile') return { kind: 'models', models: stated };
  // A profile is of one model in several regions; anything else is not understood, so not priced.
  if (stated.some(({ modelId }) => modelId !== first.modelId)) return UNREADABLE;
  const scope = scopeOfRegions(stated.map(({ region }) => region));
  return { kind: 'models', models: [{ modelId: first.modelId, scope }] };
}

interface StatedModel extends OwnedModel {
  /** Empty where the ARN names none: any region. */
  readonly region: string;
}

/** In the profiles that route anywhere, AWS leaves the region of a model's ARN empty. */
const WITHOUT_REGION = /^(arn:aws[a-z-]{0,40}:bedrock:)(::foundation-model\/.*)$/s;

function statedModel(arn: string): StatedModel | null {
  const somewhere = WITHOUT_REGION.exec(arn);
  const whole = somewhere === null ? arn : `${somewhere[1]}us-east-1${somewhere[2]}`;
  const reference: ModelReference = parseModelId(whole);
  if (reference.kind !== 'foundation' || reference.arn === null) return null;
  const region = somewhere === null ? reference.arn.region : '';
  return { modelId: reference.model_id, scope: reference.scope, region };
}

/** The geography of a region, by the first part of its name. Cross-region profiles stay in one. */
const GEOGRAPHY: Readonly<Record<string, string>> = {
  us: 'north_america',
  ca: 'north_america',
  mx: 'north_america',
  eu: 'europe',
  il: 'europe',
  ap: 'asia_pacific',
  me: 'asia_pacific',
};

/**
 * The routing scope of a profile, which the control plane does not state: one region is in region,
 * regions of one geography are a geo profile, regions of several (or no region named) a global one.
 */
export function scopeOfRegions(regions: readonly string[]): PriceScope {
  const different = new Set(regions);
  if (different.has('')) return 'global';
  if (different.size === 1) return 'in_region';
  const geographies = new Set(
    [...different].map((region) => {
      const [first = ''] = region.split('-');
      return region.startsWith('us-gov-') ? 'us-gov' : (GEOGRAPHY[first] ?? first);
    }),
  );
  return geographies.size === 1 ? 'geo' : 'global';
}
