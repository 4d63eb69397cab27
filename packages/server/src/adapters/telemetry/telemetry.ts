/**
 * JSON logs with pino and metrics. Ids, counts and reasons are logged; prompts, bodies and secrets
 * never.
 */
import type { Entry, EntryDraft } from '@tollkeeper/core';
import { pino } from 'pino';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Metrics } from './metrics.ts';

/** Lines go to standard error, which leaves standard output to what people paste. */
const STDERR = 2;

/** Where spans go, if anywhere. */
interface Spans {
  span(entry: EntryDraft | Entry, traceparent: string | undefined): void;
}

/** The telemetry of one process. */
export function openTelemetry(options: {
  readonly level: string;
  readonly metrics: Metrics;
  readonly spans?: Spans;
}): Telemetry {
  const { metrics, spans } = options;
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: STDERR, sync: false, minLength: 0 }),
  );
  return {
    refused(refusal) {
      metrics.refused(refusal);
      logger.info(refusal, 'refused');
    },
    traces: spans !== undefined,
    settled(entry, traceparent) {
      metrics.settled(entry);
      if (spans !== undefined) spans.span(entry, traceparent);
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
