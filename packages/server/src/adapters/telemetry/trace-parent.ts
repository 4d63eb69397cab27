/** The caller's span, from the header `traceparent` (W3C Trace Context). */
import { ROOT_CONTEXT, trace, type Context } from '@opentelemetry/api';

const FORM = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_ID = /^0+$/;

/** A context whose span is the caller's; without a valid header there is none. */
export function contextOf(traceparent: string | undefined): Context {
  const [, traceId = '0', spanId = '0', flags = '0'] = FORM.exec(traceparent?.trim() ?? '') ?? [];
  if (NO_ID.test(traceId) || NO_ID.test(spanId)) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16) & 1;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
