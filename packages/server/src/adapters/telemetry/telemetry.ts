/**
 * JSON logs with pino and metrics. Ids, counts and reasons are logged; prompts, bodies and secrets
 * never.
 */
import type { Entry, EntryDraft } from '@tollkeeper/core';
import { pino } from 'pino';
import type { Telemetry, Through } from '../../ports/telemetry.ts';
import { emfLine, principalFigures, usageLine } from './call-lines.ts';
import type { Metrics } from './metrics.ts';

/** Lines go to standard error, which leaves standard output to what people paste. */
const STDERR = 2;

/** Where spans go, if anywhere. */
interface Spans {
  span(entry: EntryDraft | Entry, traceparent: string | undefined): void;
}

/** Which calls are told as CloudWatch metrics, and in which namespace. */
export interface EmfOptions {
  readonly emfMetrics: 'off' | 'apportioning' | 'all';
  readonly emfNamespace: string;
}

/** The telemetry of one process. `emf` absent: no metrics are told in the log. */
export function openTelemetry(options: {
  readonly level: string;
  readonly emf?: EmfOptions;
  readonly metrics: Metrics;
  readonly spans?: Spans;
}): Telemetry {
  const { metrics, spans } = options;
  const destination = pino.destination({ fd: STDERR, sync: false, minLength: 0 });
  const logger = pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  );
  // What programs read does not come and go with the level that people read at.
  const write = (line: string): void => {
    if (options.level !== 'silent') destination.write(`${line}\n`);
  };
  const tellCall = callTeller(metrics, options.emf ?? NO_EMF, write);
  return {
    refused(refusal) {
      metrics.refused(refusal);
      logger.info(refusal, 'refused');
    },
    traces: spans !== undefined,
    settled(entry, traceparent, through) {
      metrics.settled(entry);
      tellCall(entry, through);
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

const NO_EMF: EmfOptions = { emfMetrics: 'off', emfNamespace: '' };

/** Tells what a call used and cost its principal, and what the chat door's users used. */
function callTeller(
  metrics: Metrics,
  { emfMetrics, emfNamespace }: EmfOptions,
  write: (line: string) => void,
): (entry: EntryDraft | Entry, through: Through | undefined) => void {
  return (entry, through) => {
    const isApportioned = through?.door === 'apportioning';
    if (isApportioned || emfMetrics === 'all') {
      const figures = principalFigures(entry);
      if (figures !== undefined) {
        metrics.apportioned(figures);
        if (emfMetrics !== 'off') write(emfLine(entry, figures, emfNamespace));
      }
    }
    if (through?.door !== 'chat') return;
    const line = usageLine(entry, through.tenant_id);
    if (line !== undefined) write(line);
  };
}
