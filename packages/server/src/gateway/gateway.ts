/** What the steps of the data plane share: ports, settings and the figures of what runs. */
import type { ModelFacts, PriceBook } from '@tollkeeper/core';
import type { CredentialAuthority } from '../credentials/authority.ts';
import type { MasterKeys } from '../credentials/master-keys.ts';
import type { PeopleAuthority } from '../credentials/people/people-authority.ts';
import type { SigningKeys } from '../credentials/sigv4/signing-keys.ts';
import type { BufferedBytes } from '../http/body.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Upstream } from '../ports/upstream.ts';
import type { AdmissionQueue } from './admission-queue.ts';
import type { ReachCrashPoint } from './crash-point.ts';
import type { LabelsNowParts } from '../keeper/labels-now.ts';
import type { LabelTargets } from './label-targets.ts';
import type { OwnedModels } from './owned-models.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { RefusalLog } from './refusal-log.ts';
import type { RunningCalls } from './running-calls.ts';
import type { SettlementQueue } from './settlement-queue.ts';

/** Settings of the data plane. Times in milliseconds, sizes in bytes. */
export interface GatewaySettings {
  readonly region: string;
  readonly bodyBytesMax: number;
  readonly bodyTimeoutMs: number;
  readonly replyBufferBytesMax: number;
  readonly admissionWaitMs: number;
  readonly settleWaitMs: number;
  /** Whether a call waits for room on a label first, or goes to the next one at once. */
  readonly fallbackOnHolds: 'after_wait' | 'immediate';
  /** Whether a call goes to the next label when the upstream throttles or is not there. */
  readonly fallbackOnUpstream: 'off' | 'unavailable';
  /**
   * Tokens that stand in for a maximum that nobody has published, under the policy `unbounded:
   * cap`.
   */
  readonly unboundedCapTokens: number;
  /** Model or label that answers at the chat door, for all and for single tenants. */
  readonly chatModel: string;
  readonly chatModels: ReadonlyMap<string, string>;
  readonly chatMaxTokens: number;
  /** What an upstream error before any output can have cost at most. */
  readonly upstreamErrorCeiling: 'zero' | 'hold';
  /** Whether clients come over TLS. */
  readonly encrypted: boolean;
  /** Relay `x-simulator-*` headers. Only the demo does. */
  readonly demo: boolean;
}

export interface Gateway {
  /** Stamped on every upstream request, so that a gateway whose upstream is itself notices. */
  readonly gatewayId: string;
  readonly instanceId: string;
  readonly settings: GatewaySettings;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly authority: CredentialAuthority;
  /** Who people are that signed in at a trusted issuer. */
  readonly people: PeopleAuthority;
  readonly masterKeys: MasterKeys;
  readonly signingKeys: SigningKeys;
  readonly ledger: LedgerStore;
  readonly upstream: Upstream;
  /** The prices of this moment; a version never changes, a new one takes its place. */
  readonly prices: {
    current(): PriceBook;
    /** Catalogue revision by which the present book was looked for. */
    readonly revision: number;
    /** Looks for newer prices; never rejects. */
    refresh(revision: number): Promise<void>;
  };
  readonly models: ReadonlyMap<string, ModelFacts>;
  /** Which models account-owned ARNs stand for. */
  readonly owned: OwnedModels;
  readonly labels: LabelTargets;
  /** What tells which labels of an application can be used now. */
  readonly keeper: LabelsNowParts;
  readonly telemetry: Telemetry;
  readonly buffered: BufferedBytes;
  readonly waiting: AdmissionQueue;
  readonly limiter: RateLimiter;
  readonly running: RunningCalls;
  readonly settlements: SettlementQueue;
  readonly refusals: RefusalLog;
  readonly crash: ReachCrashPoint;
}
