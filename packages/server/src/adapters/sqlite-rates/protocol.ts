/**
 * What passes between the event loop and the thread of rate limits. Counts of requests, which are
 * most of it, are flat lists of strings and numbers: cloning them between threads costs a fraction
 * of what objects cost.
 */
import type { FinishRates, TakenRates, TakeRates } from '../../ports/rate-store.ts';

/** Members of one count on its way there: key, limit, length of the window, moment. */
export const ASKED = 4;
/** Members of one count on its way back: admitted (1) or not (0), remaining, end of the window. */
export const ANSWERED = 3;

export type RateCommand =
  | { readonly op: 'take'; readonly command: TakeRates }
  | { readonly op: 'finish'; readonly command: FinishRates }
  | { readonly op: 'end_instance'; readonly instanceId: string }
  | { readonly op: 'instances' };

export type RateAnswer = TakenRates | readonly string[] | null;

/** Carried out as one transaction. */
export interface RateGroup {
  /** `ASKED` members for each request that is counted. */
  readonly counts: readonly (string | number)[];
  readonly commands: readonly RateCommand[];
}

export type ToRates = RateGroup | 'close';

export type FromRates =
  | {
      readonly kind: 'done';
      /** `ANSWERED` members for each count, in the order asked. */
      readonly counts: readonly number[];
      /** One for each command, in the order asked. */
      readonly answers: readonly RateAnswer[];
    }
  /** Nothing of the group was carried out. */
  | { readonly kind: 'failed'; readonly message: string };
