/**
 * What provisioning reaches of the world: AWS's control plane, the memory of who made what, prices,
 * secrets and time. The gateway and the edge function each bring their own.
 */
import type { PicoUsd } from '../money/pico.ts';
import type { Commitment, Sealing } from './commitment.ts';
import type { ControlAnswer, ControlCall } from './control-call.ts';
import type { MadeResource } from './names.ts';
import type { Actor, Owner } from './ownership.ts';
import type { Tags } from './tags.ts';

/** What the operator has decided. */
export interface ProvisioningRules {
  readonly region: string;
  /** What names begin with that nobody chose. */
  readonly namePrefix: string;
  /** Values of the tags `CreatedBy` and `Source`. */
  readonly createdBy: string;
  readonly source: string;
  /** Whether a commitment must be confirmed, and how long a confirmation is good. */
  readonly confirmCommitments: boolean;
  readonly confirmationMs: number;
}

/** Something that is about to be made. */
export interface Making {
  readonly resource: MadeResource;
  /** The client token: what is made under it is made once. */
  readonly token: string;
  readonly owner: Owner;
  /** Everything that was asked for, so that the same token for something else is noticed. */
  readonly asked: string;
  /** What is sent to AWS; the same on every repetition. */
  readonly request: Readonly<Record<string, unknown>>;
}

/** What stands under a token. */
export type Begun =
  /** It is to be made by this request: that of the first time. */
  | { readonly kind: 'begun'; readonly request: Readonly<Record<string, unknown>> }
  | { readonly kind: 'made'; readonly arn: string }
  | { readonly kind: 'other' };

/** The memory of who made what. Its methods reject when the store does not answer. */
export interface Registry {
  /** Undefined: nobody knows. */
  ownerOf(arn: string): Promise<Owner | undefined>;
  /** The ARN of what has this id, of all that was made here; undefined: nothing has. */
  arnWithId(resource: MadeResource, id: string): Promise<string | undefined>;
  /** What stands under a token already; undefined: nothing. */
  known(making: Making): Promise<Begun | undefined>;
  /** Durable before AWS is asked. */
  begin(making: Making): Promise<Begun>;
  made(making: Making, arn: string): Promise<void>;
  /** AWS has refused: nothing was made. */
  refused(making: Making): Promise<void>;
  deleted(arn: string): Promise<void>;
  tagged(
    arn: string,
    change: { readonly tags: Tags; readonly removed: readonly string[] },
  ): Promise<void>;
}

export interface ProvisioningWorld extends Sealing {
  readonly rules: ProvisioningRules;
  /** Never rejects; bounded in time and size. */
  readonly call: (call: ControlCall) => Promise<ControlAnswer>;
  readonly registry: Registry;
  /** Whether the operator gave the actor's organization what has this ARN and is not AWS's own. */
  readonly isGranted: (actor: Actor, arn: string) => Promise<boolean>;
  /** Of one model unit for an hour; null: nobody has stated one. */
  readonly unitHourPrice: (
    modelId: string,
    commitment: Commitment | null,
  ) => Promise<PicoUsd | null>;
  /** A token that nobody has used. */
  readonly newToken: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
