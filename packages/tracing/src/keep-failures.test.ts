import { expect, it } from 'vitest';
import { keepFailures } from './keep-failures.js';
import type { SpanRecord } from './span-record.js';

function scene(mostHeld?: number) {
  const kept: string[] = [];
  const keeper = keepFailures(({ name }) => kept.push(name), mostHeld);
  return {
    kept,
    begin(name: string, { trace = name, isSampled = false } = {}) {
      const span: SpanRecord = {
        name,
        kind: 'internal',
        traceId: trace,
        spanId: name,
        parent: undefined,
        isSampled,
        beganAt: 0,
        attributes: [],
        endedAt: undefined,
        failure: undefined,
      };
      keeper.began(span);
      return (failure?: string) => {
        span.endedAt = 1;
        span.failure = failure;
        keeper.ended(span);
      };
    },
  };
}

it('decides when the last open span of a trace ends, whichever failed', () => {
  const { begin, kept } = scene();
  const root = begin('root');
  const child = begin('child', { trace: 'root' });
  child('NATS_TIMEOUT');
  expect(kept).toEqual([]);
  root();
  expect(kept).toEqual(['child', 'root']);
});

it('forgets good traces, also beside a failed one', () => {
  const { begin, kept } = scene();
  const good = begin('good');
  const failed = begin('failed');
  failed('NATS_TIMEOUT');
  good();
  expect(kept).toEqual(['failed']);
});

it('hands on what is sampled as it ends', () => {
  const { begin, kept } = scene();
  const root = begin('root', { isSampled: true });
  begin('child', { trace: 'root', isSampled: true })();
  expect(kept).toEqual(['child']);
  root();
  expect(kept).toEqual(['child', 'root']);
});

it('holds no more than it may, and has room again afterwards', () => {
  const { begin, kept } = scene(1);
  for (const round of ['first', 'second']) {
    const root = begin(`${round} root`);
    begin(`${round} child`, { trace: `${round} root` })();
    root('NATS_TIMEOUT');
  }
  expect(kept).toEqual(['first child', 'second child']);
});
