/** What the rules of provisioned throughput reach of the world when somebody asks over the API. */
import type {
  Actor,
  Commitment,
  PicoUsd,
  ProvisioningRules,
  ProvisioningWorld,
} from '@tollkeeper/core';
import type { ProvisionedControl } from '../ports/provisioned.ts';
import { grantsOf } from '../credentials/caller-of.ts';
import { arnGranted } from '../gateway/grants.ts';
import type { Visitor } from './access.ts';
import type { ControlTurns } from './control-turns.ts';
import type { AdminDependencies } from './dependencies.ts';
import { keepingPools } from './provisioned-pools.ts';
import { registryFor } from './provisioned-registry.ts';

/** What the handlers of provisioned throughput need beside the rest. */
export interface ProvisionedDesk {
  readonly control: ProvisionedControl;
  readonly turns: ControlTurns;
  readonly rules: ProvisioningRules;
  /** How many days entries are kept for certain; absent: for ever. */
  readonly entryDays?: number;
  /** What the operator pays for a model unit by the hour; null: not stated. */
  readonly unitHourPrice: (
    modelId: string,
    commitment: Commitment | null,
  ) => Promise<PicoUsd | null>;
}

const PURPOSE = 'provisioned-confirmation';

/** The world as one visitor reaches it. */
export function worldFor(deps: AdminDependencies, visitor: Visitor): ProvisioningWorld {
  const { provisioned, masterKeys, clock, ids } = deps;
  const control = provisioned.turns.of(provisioned.control, actorOf(visitor).orgId);
  return {
    rules: provisioned.rules,
    call: (call) => control.call(call),
    registry: keepingPools(deps, registryFor(deps, visitor)),
    isGranted: async ({ orgId }, arn) => {
      const grants = orgId === null ? [] : await grantsOf(deps.catalog, orgId);
      return arnGranted(grants, arn, provisioned.rules.region);
    },
    unitHourPrice: provisioned.unitHourPrice,
    newToken: () => ids.uuid(),
    now: () => clock.now(),
    sum: (text) => {
      const sum = masterKeys.derive(masterKeys.newest, PURPOSE, text);
      if (sum === undefined) throw new Error('The newest master key is not there.');
      return Promise.resolve(sum.toString('hex'));
    },
  };
}

/** What a visitor may do with what is made in the AWS account. */
export function actorOf(visitor: Visitor): Actor {
  const nobody = { orgId: null, issuerId: null, userId: null };
  const plain = { administers: 'nothing', seesAll: false, permitted: false } as const;
  switch (visitor.kind) {
    case 'provisioning':
      return { ...nobody, administers: 'everything', seesAll: true, permitted: true };
    case 'key':
      return { ...nobody, ...plain, orgId: visitor.principal.org_id };
    case 'person': {
      const { org_id: orgId, issuer_id: issuerId, subject, role, permissions } = visitor.person;
      const isAdministrator = role === 'platform_administrator';
      return {
        ...{ orgId, issuerId, userId: subject },
        administers: isAdministrator
          ? 'everything'
          : role === 'tenant_administrator'
            ? 'organization'
            : 'nothing',
        seesAll: isAdministrator || role === 'finance',
        permitted: isAdministrator || permissions.includes('provisioned_throughput'),
      };
    }
    case 'client':
    case 'anybody':
      return { ...nobody, ...plain };
  }
}
