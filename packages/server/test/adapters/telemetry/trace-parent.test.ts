/** The caller's span: as the standard writes it, or none. */
import { trace } from '@opentelemetry/api';
import { expect, test } from 'vitest';
import { contextOf } from '../../../src/adapters/telemetry/trace-parent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test.each([
  [`00-${TRACE}-${SPAN}-01`, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  [` 00-${TRACE}-${SPAN}-03 `, 1],
  [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, 1],
])('%s is read', (header, traceFlags) => {
  const span = trace.getSpanContext(contextOf(header));
  expect(span).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags, isRemote: true });
});

test.each([
  undefined,
  '',
  'nonsense',
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}`,
])('%s is no parent', (header) => {
  expect(trace.getSpanContext(contextOf(header))).toBeUndefined();
});
