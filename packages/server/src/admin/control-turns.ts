/**
 * Turns of organizations at the control plane of the account, which is one for all of them: so many
 * calls run at a time, and whoever asks for much waits behind its own. AWS allows an account few
 * calls a second, and the gateway needs some of them to know what ARNs stand for.
 */
import type { ControlAnswer } from '@tollkeeper/core';
import { FairQueue } from '../credentials/clients/fair-queue.ts';
import type { ProvisionedControl } from '../ports/provisioned.ts';

/** Calls that run at a time at most. */
export const CALLS_AT_ONCE = 8;
/** Calls that wait at most. */
export const CALLS_WAITING_MAX = 512;

const CROWDED: ControlAnswer = Object.freeze({ kind: 'unavailable', reason: 'crowded' });

/** See the head of the file. One per process. */
export class ControlTurns {
  readonly #queue = new FairQueue({ runningMax: CALLS_AT_ONCE, waitingMax: CALLS_WAITING_MAX });

  /** The control plane as an organization (null: the operator) reaches it. */
  of(control: ProvisionedControl, orgId: string | null): ProvisionedControl {
    return {
      call: async (call) => {
        const ran = await this.#queue.run(orgId ?? '', () => control.call(call));
        return ran.kind === 'done' ? ran.value : CROWDED;
      },
    };
  }
}
