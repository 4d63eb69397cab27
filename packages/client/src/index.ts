/** The client of the cost keeper: what programs may use of it. */
export { SpoolFailed, SpoolFull } from './spool/spool.ts';
export { SpoolInUse } from './spool/spool-lock.ts';
