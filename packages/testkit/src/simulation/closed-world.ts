/**
 * Takes real time and real chance away from a thread: whatever reaches for them would make a run
 * that nobody can repeat, and fails instead.
 */
import nodeCrypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import nodeTimers from 'node:timers';

export function closeTheWorld(): void {
  const closed = (name: string) => (): never => {
    throw new Error(`${name} was called inside of the simulation.`);
  };
  const close = (of: object, name: string, ...members: readonly string[]): void => {
    for (const member of members) Reflect.set(of, member, closed(`${name}.${member}`));
  };
  close(Math, 'Math', 'random');
  close(performance, 'performance', 'now');
  close(process, 'process', 'hrtime', 'uptime');
  close(crypto, 'crypto', 'randomUUID', 'getRandomValues');
  close(nodeCrypto, 'crypto', 'randomUUID', 'randomBytes', 'randomInt', 'randomFillSync');
  close(nodeTimers, 'timers', 'setTimeout', 'setInterval');
  close(globalThis, 'globalThis', 'setTimeout', 'setInterval', 'fetch');
  syncBuiltinESMExports();
  const RealDate = Date;
  class GivenDate extends RealDate {
    constructor(...given: readonly unknown[]) {
      if (given.length === 0) closed('new Date()')();
      super(...(given as [number]));
    }
  }
  close(GivenDate, 'Date', 'now');
  globalThis.Date = GivenDate as DateConstructor;
}
