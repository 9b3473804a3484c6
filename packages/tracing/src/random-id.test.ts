import { isValidSpanId, isValidTraceId } from '@opentelemetry/api';
import { afterEach, expect, it, vi } from 'vitest';
import { randomSpanId, randomTraceId } from './random-id.js';

afterEach(() => vi.restoreAllMocks());

it.each([0, 0.5, 1 - 2 ** -53])('is an id of OpenTelemetry whatever is drawn: %d', (drawn) => {
  vi.spyOn(Math, 'random').mockReturnValue(drawn);
  expect([randomTraceId(), randomSpanId()]).toSatisfy(
    ([trace, span]) => isValidTraceId(trace) && isValidSpanId(span),
  );
});

it('is another each time', () => {
  expect(new Set(Array.from({ length: 1_000 }, randomSpanId)).size).toBe(1_000);
  expect(randomTraceId()).not.toBe(randomTraceId());
});
