/**
 * JSON logs with pino and metrics. Ids, counts and reasons are logged; prompts, bodies and secrets
 * never.
 */
import { pino } from 'pino';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Metrics } from './metrics.ts';

/** Lines go to standard error, which leaves standard output to what people paste. */
const STDERR = 2;

/** The telemetry of one process. */
export function openTelemetry(options: { level: string; metrics: Metrics }): Telemetry {
  const { metrics } = options;
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: STDERR, sync: false, minLength: 0 }),
  );
  return {
    refused(refusal) {
      metrics.refused(refusal);
      logger.info(refusal, 'refused');
    },
    settled(entry) {
      metrics.settled(entry);
    },
    excess(intent, budgetIds) {
      metrics.excess();
      logger.error(
        { attempt_id: intent.attempt_id, model_id: intent.subject.model_id, budgets: budgetIds },
        'An upstream used more than the bound that was held for it.',
      );
    },
    log(level, message, fields) {
      logger[level](fields ?? {}, message);
    },
  };
}
