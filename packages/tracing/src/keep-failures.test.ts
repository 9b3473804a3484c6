import { SpanStatusCode, trace } from '@opentelemetry/api';
import {
  createAlwaysRecordSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { expect, it } from 'vitest';
import { keepFailures } from './keep-failures.js';
import { contextOf, traceparentOf } from './trace-context.js';

function scene(mostHeld?: number) {
  const exporter = new InMemorySpanExporter();
  const next = new SimpleSpanProcessor({ exporter });
  const provider = new TracerProvider({
    sampler: createAlwaysRecordSampler(new TraceIdRatioBasedSampler(0)),
    spanProcessors: [keepFailures(next, mostHeld)],
  });
  const tracer = provider.getTracer('test');
  return {
    begin(name: string, below?: ReturnType<typeof tracer.startSpan>) {
      return tracer.startSpan(name, {}, contextOf(below && traceparentOf(below.spanContext())));
    },
    async exported() {
      await provider.forceFlush();
      return exporter.getFinishedSpans();
    },
  };
}

it('decides when the last open span of a trace ends, whichever failed', async () => {
  const { begin, exported } = scene();
  const root = begin('root');
  const child = begin('child', root);
  child.setStatus({ code: SpanStatusCode.ERROR });
  child.end();
  expect(await exported()).toEqual([]);
  root.end();
  const spans = await exported();
  expect(spans.map(({ name }) => name)).toEqual(['child', 'root']);
  expect(spans[0]?.parentSpanContext?.spanId).toBe(root.spanContext().spanId);
  for (const span of spans) expect(trace.isSpanContextValid(span.spanContext())).toBe(true);
});

it('forgets good traces, also beside a failed one', async () => {
  const { begin, exported } = scene();
  const good = begin('good');
  const failed = begin('failed');
  failed.setStatus({ code: SpanStatusCode.ERROR });
  failed.end();
  good.end();
  expect((await exported()).map(({ name }) => name)).toEqual(['failed']);
});

it('holds no more than it may, and has room again afterwards', async () => {
  const { begin, exported } = scene(1);
  for (const round of ['first', 'second']) {
    const root = begin(`${round} root`);
    begin(`${round} child`, root).end();
    root.setStatus({ code: SpanStatusCode.ERROR });
    root.end();
  }
  expect((await exported()).map(({ name }) => name)).toEqual(['first child', 'second child']);
});
