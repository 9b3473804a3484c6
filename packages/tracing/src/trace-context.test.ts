import { parseTraceParent } from '@opentelemetry/core';
import { expect, it } from 'vitest';
import { readTraceparent, traceparentOf } from './trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = '00f067aa0ba902b7';

it.each([
  `00-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-00`,
  ` 00-${TRACE}-${SPAN}-03 `,
  `00-${TRACE}-${SPAN}-01-more`,
  `cc-${TRACE}-${SPAN}-01-more`,
  `cc-${TRACE}-${SPAN}-01more`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}`,
  '',
])('reads %j as OpenTelemetry does', (traceparent) => {
  const theirs = parseTraceParent(traceparent) ?? undefined;
  expect(readTraceparent(traceparent)).toEqual(
    theirs && { ...theirs, isSampled: theirs.traceFlags % 2 === 1 },
  );
});

it('reads what it writes', () => {
  for (const isSampled of [true, false])
    expect(readTraceparent(traceparentOf({ traceId: TRACE, isSampled }, SPAN))).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      traceFlags: isSampled ? 1 : 0,
      isSampled,
    });
});
