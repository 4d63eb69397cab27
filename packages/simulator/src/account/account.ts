/**
 * What the account owns while a simulator runs: it begins with the fixtures, and the control plane
 * creates and deletes. Provisioned models are reached by time, on the account's own clock.
 */
import { nowMs } from '../clock.ts';
import type { RunSettings } from '../settings.ts';
import { Failure } from '../wire/failure.ts';
import { arnOfModel } from './destinations.ts';
import type { Fixtures } from './fixtures.ts';

/** Terms that capacity is bought for. */
export const COMMITMENTS = ['OneMonth', 'SixMonths'] as const;
export type Commitment = (typeof COMMITMENTS)[number];

/** Capacity that is paid for by the hour. */
export interface ProvisionedModel {
  readonly arn: string;
  readonly name: string;
  readonly units: number;
  /** ARN of a foundation or a custom model. */
  readonly modelArn: string;
  readonly desiredModelArn: string;
  /** Id of the foundation model that it is made of. */
  readonly baseModel: string;
  readonly commitment: Commitment | null;
  readonly createdMs: number;
  readonly modifiedMs: number;
  /** When it has what was asked for last. */
  readonly readyMs: number;
  /** Whether it served before the change that is under way. */
  readonly served: boolean;
  readonly fails: boolean;
}

/** A copy of a model or of a system profile. */
export interface ApplicationProfile {
  readonly arn: string;
  readonly name: string;
  readonly description: string | null;
  /** A model id, with the cross-region prefix of a system profile, if any. */
  readonly copiedFrom: string;
  readonly createdMs: number;
}

/** When the resources of the fixtures came to be. */
export const FIXTURES_MS = Date.UTC(2026, 0, 15);

/** The account of a run. */
export class Account {
  readonly #fixtures: Fixtures;
  readonly #settings: () => RunSettings;
  readonly #provisioned = new Map<string, ProvisionedModel>();
  readonly #profiles = new Map<string, ApplicationProfile>();
  readonly #tags = new Map<string, ReadonlyMap<string, string>>();
  readonly #made = new Map<string, string>();
  #merged: Fixtures | null = null;

  constructor(fixtures: Fixtures, settings: () => RunSettings) {
    this.#fixtures = fixtures;
    this.#settings = settings;
    for (const { arn, name, base_model } of fixtures.provisioned_models) {
      const modelArn = arnOfModel(base_model, arn);
      this.#provisioned.set(arn, {
        arn,
        name,
        units: 1,
        modelArn,
        desiredModelArn: modelArn,
        baseModel: base_model,
        commitment: null,
        createdMs: FIXTURES_MS,
        modifiedMs: FIXTURES_MS,
        readyMs: FIXTURES_MS,
        served: true,
        fails: false,
      });
    }
    for (const { arn, name, copied_from } of fixtures.inference_profiles) {
      const made = { arn, name, description: null, copiedFrom: copied_from };
      this.#profiles.set(arn, { ...made, createdMs: FIXTURES_MS });
    }
  }

  /** The account's time, in milliseconds since the epoch. */
  get nowMs(): number {
    return nowMs() + this.#settings().clock_ahead_ms;
  }

  /** Everything as it is now, in the form of fixtures: what calls of models are resolved by. */
  get fixtures(): Fixtures {
    this.#merged ??= {
      ...this.#fixtures,
      provisioned_models: [...this.#provisioned.values()].map(({ arn, name, baseModel }) => {
        return { arn, name, base_model: baseModel };
      }),
      inference_profiles: [...this.#profiles.values()].map(({ arn, name, copiedFrom }) => {
        return { arn, name, copied_from: copiedFrom };
      }),
    };
    return this.#merged;
  }

  /** Provisioned models of a region. */
  provisioned(region: string): readonly ProvisionedModel[] {
    return [...this.#provisioned.values()].filter(({ arn }) => regionOf(arn) === region);
  }

  /** Application profiles of a region. */
  profiles(region: string): readonly ApplicationProfile[] {
    return [...this.#profiles.values()].filter(({ arn }) => regionOf(arn) === region);
  }

  /** A provisioned model by its ARN anywhere, or by its id or name in a region. */
  findProvisioned(identifier: string, region: string): ProvisionedModel | undefined {
    return (
      this.#provisioned.get(identifier) ??
      this.provisioned(region).find(
        ({ arn, name }) => idOf(arn) === identifier || name === identifier,
      )
    );
  }

  /** An application profile by its ARN anywhere, or by its id in a region. */
  findProfile(identifier: string, region: string): ApplicationProfile | undefined {
    return (
      this.#profiles.get(identifier) ??
      this.profiles(region).find(({ arn }) => idOf(arn) === identifier)
    );
  }

  putProvisioned(model: ProvisionedModel): void {
    this.#provisioned.set(model.arn, model);
    this.#merged = null;
  }

  putProfile(profile: ApplicationProfile): void {
    this.#profiles.set(profile.arn, profile);
    this.#merged = null;
  }

  /** Removes a resource and its tags. */
  remove(arn: string): void {
    this.#provisioned.delete(arn);
    this.#profiles.delete(arn);
    this.#tags.delete(arn);
    this.#merged = null;
  }

  /** Whether the account owns what an ARN names, and AWS lets it carry tags. */
  isTaggable(arn: string): boolean {
    return this.#provisioned.has(arn) || this.#profiles.has(arn);
  }

  tags(arn: string): ReadonlyMap<string, string> {
    return this.#tags.get(arn) ?? new Map();
  }

  putTags(arn: string, tags: ReadonlyMap<string, string>): void {
    this.#tags.set(arn, tags);
  }

  /** What a client's request token made before; undefined: nothing. */
  madeBy(operation: string, region: string, token: string): string | undefined {
    return this.#made.get(`${operation} ${region} ${token}`);
  }

  keepToken(operation: string, region: string, token: string, arn: string): void {
    this.#made.set(`${operation} ${region} ${token}`, arn);
  }

  /** What a provisioned model is doing. */
  statusOf(model: ProvisionedModel): 'Creating' | 'InService' | 'Updating' | 'Failed' {
    if (this.nowMs < model.readyMs) return model.served ? 'Updating' : 'Creating';
    return model.fails ? 'Failed' : 'InService';
  }

  /** Throws what AWS says when a provisioned model is called that does not serve yet, or never. */
  checkServes(modelId: string): void {
    const model = this.#provisioned.get(modelId);
    if (model === undefined) return;
    const status = this.statusOf(model);
    if (status === 'Creating') {
      throw new Failure(
        'ModelNotReadyException',
        'Model is not ready for inference. Wait and try your request again.',
      );
    }
    if (status === 'Failed') {
      throw new Failure('ResourceNotFoundException', 'Could not resolve the model from the ARN.');
    }
  }
}

/** The end of an ARN, after its kind. */
export function idOf(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1);
}

function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}
