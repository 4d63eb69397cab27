/** Keeps the process while it only waits: no timer of a `Clock` does. */
const DAY_MS = 86_400_000;

/** From now on, until what is returned is called. */
export function stay(): () => void {
  const timer = setInterval(() => undefined, DAY_MS);
  return () => clearInterval(timer);
}
