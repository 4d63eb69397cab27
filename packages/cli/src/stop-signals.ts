/**
 * When a process is told to stop. One Ctrl-C may come to it several times: from the terminal, which
 * tells every process in it, from npm, which passes it on, and from the process that started it.
 */

/** What comes within this time of the first is the same request. */
const SAME_REQUEST_MS = 1_000;
/** Ctrl-C, and the end of a terminal. */
const TERMINAL_SIGNALS = ['SIGINT', 'SIGHUP'] as const;
/** All by which a process is told to stop. */
export const STOP_SIGNALS = ['SIGTERM', ...TERMINAL_SIGNALS] as const;

/** What is done when it is asked to stop, and when it is asked once more. */
export interface Stopping {
  readonly stop: () => void;
  readonly endAtOnce: () => void;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

/** From now on, signals ask it to stop. */
export function onStopSignals(stopping: Stopping): void {
  const ask = asking(stopping);
  for (const signal of STOP_SIGNALS) process.on(signal, ask);
}

/**
 * For one that another process tells when to stop: signals that a terminal sends to all are for
 * that one. SIGTERM to it alone counts.
 */
export function onOwnStopSignals(stopping: Stopping): void {
  process.on('SIGTERM', asking(stopping));
  ignoreTerminal();
}

/** Whatever happens in the terminal, this process goes on until it is told. */
export function ignoreTerminal(): void {
  for (const signal of TERMINAL_SIGNALS) process.on(signal, () => undefined);
}

/** What every signal calls. */
export function asking({ stop, endAtOnce, now }: Stopping): () => void {
  let firstAt: number | undefined;
  return () => {
    if (firstAt === undefined) {
      firstAt = now();
      stop();
    } else if (now() - firstAt >= SAME_REQUEST_MS) endAtOnce();
  };
}
