/**
 * The upstream faults that the run scripts, in the syntax of the simulator's `x-simulator-fault`.
 * What a fault must lead to in the ledger is judged by the name that the book gives it.
 */

export interface Fault {
  readonly script: string;
  readonly streamsOnly?: true;
  /** The upstream never ends the answer: the client has to give up. */
  readonly hangs?: true;
}

/** Faults of calls, and slow calls, which live long enough to be killed in the middle. */
export const FAULTS: readonly Fault[] = [
  { script: 'throttle' },
  { script: 'error;status=400' },
  { script: 'error;status=403' },
  { script: 'error;status=408' },
  { script: 'error;status=424' },
  { script: 'error;status=500' },
  { script: 'error;status=503' },
  { script: 'error;name=ModelNotReadyException' },
  { script: 'reset' },
  { script: 'reset;after=3' },
  { script: 'truncate;after=3' },
  { script: 'truncate;after=5;inside' },
  { script: 'truncate;after=0', streamsOnly: true },
  { script: 'exception;after=4', streamsOnly: true },
  { script: 'exception;name=throttlingException;after=3', streamsOnly: true },
  { script: 'exception;name=internalServerException;after=0', streamsOnly: true },
  { script: 'exception;name=modelTimeoutException;after=1', streamsOnly: true },
  { script: 'bad-crc;after=4', streamsOnly: true },
  { script: 'no-usage' },
  { script: 'hang', hangs: true },
  { script: 'hang;after=3', hangs: true },
];

/** How calls may go slowly without going wrong. */
export const PACES: readonly string[] = [
  'slow;ms=20',
  'slow;ms=120',
  'slow;ms=400',
  'pace;ms=5,frames;count=20',
  'pace;ms=25,frames;count=12',
  'tokens;mode=cjk',
  'tokens;mode=worst',
];

/** Faults by the book's names that break an answer, or take the usage out of it. */
const HIDING: ReadonlySet<string> = new Set(['hang', 'reset', 'truncate', 'bad-crc', 'no-usage']);
/** Answers by which the upstream says that nothing ran. */
const NOTHING_RAN: ReadonlySet<number> = new Set([400, 403, 404, 429]);

/** Whether a call met a fault after which its usage cannot be known for certain. */
export function uncertain(row: { fault: string | null; status: number | null }): boolean {
  const { fault, status } = row;
  if (fault === 'error' || fault === 'exception') return !NOTHING_RAN.has(status ?? 0);
  return fault !== null && HIDING.has(fault);
}
