/**
 * The control plane of Bedrock as far as resources are made, listed, tagged and deleted there: one
 * call at a time, by the table of calls in the core. The port only sends and reads.
 */
import type { ControlAnswer, ControlCall } from '@tollkeeper/core';

export interface ProvisionedControl {
  /** Sends once, signed. Never rejects; it is bounded in time and in bytes. */
  call(call: ControlCall): Promise<ControlAnswer>;
}
