/**
 * Takes real time and real chance away from a thread: whatever reaches for them would make a run
 * that nobody can repeat, and fails instead.
 */
export function closeTheWorld(): void {
  const closed = (name: string) => (): never => {
    throw new Error(`${name} was called inside of the simulation.`);
  };
  Date.now = closed('Date.now');
  Math.random = closed('Math.random');
  performance.now = closed('performance.now');
  globalThis.setTimeout = closed('setTimeout') as unknown as typeof setTimeout;
  globalThis.setInterval = closed('setInterval');
  globalThis.fetch = closed('fetch');
  crypto.randomUUID = closed('crypto.randomUUID');
  crypto.getRandomValues = closed('crypto.getRandomValues');
}
