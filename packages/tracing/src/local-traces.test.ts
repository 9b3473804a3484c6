import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, it, vi } from 'vitest';
import { createLocalTraces, type LocalTrace } from './local-traces.js';
import { readableSpan } from './readable-span.js';
import { Span, type SpanTemplate } from './span.js';

const NAMED: SpanTemplate<string> = { kind: 'internal', name: (name) => name, attributes: () => ({}) };

function scene(mostHeld?: number) {
  const kept: string[] = [];
  const traces = createLocalTraces(({ name }) => kept.push(name), mostHeld);
  const begin = (name: string, trace: LocalTrace) => {
    trace.open += 1;
    return new Span(NAMED, name, trace, undefined, 0, traces.ended);
  };
  return { kept, traces, begin };
}

it('decides when the last open span of a trace ends, whichever failed', () => {
  const { begin, kept, traces } = scene();
  const trace = traces.create('t', false);
  const root = begin('root', trace);
  begin('child', trace).end('NATS_TIMEOUT');
  expect(kept).toEqual([]);
  root.end();
  expect(kept).toEqual(['root', 'child']);
});

it('decides of a trace that began elsewhere as of one, whoever joins it, as long as some of it is open', () => {
  const { begin, kept, traces } = scene();
  const one = begin('one', traces.join('t', false));
  begin('other', traces.join('t', false)).end('NATS_TIMEOUT');
  one.end();
  expect(kept).toEqual(['one', 'other']);
  begin('later', traces.join('t', false)).end();
  expect(kept).toEqual(['one', 'other']);
});

it('forgets good traces, also beside a failed one', () => {
  const { begin, kept, traces } = scene();
  const good = begin('good', traces.create('t1', false));
  const failed = begin('failed', traces.create('t2', false));
  failed.end('NATS_TIMEOUT');
  good.end();
  expect(kept).toEqual(['failed']);
});

it('asks only those spans what they say that are exported', () => {
  const template = { kind: 'internal', name: vi.fn(String), attributes: vi.fn(() => ({})) } as const;
  const traces = createLocalTraces((span) => readableSpan(span, resourceFromAttributes({})));
  const begin = (subject: string) => {
    const trace = traces.create(subject, false);
    trace.open += 1;
    return new Span(template, subject, trace, undefined, 0, traces.ended);
  };
  begin('good').end();
  begin('failed').end('NATS_TIMEOUT');
  for (const asked of [template.name, template.attributes]) expect(asked.mock.calls).toEqual([['failed']]);
});

it('hands on what is sampled as it ends', () => {
  const { begin, kept, traces } = scene();
  const trace = traces.create('t', true);
  const root = begin('root', trace);
  begin('child', trace).end();
  expect(kept).toEqual(['child']);
  root.end();
  root.end('too late');
  expect(kept).toEqual(['child', 'root']);
  expect(root.failure).toBeUndefined();
});

it('holds no more than it may, and has room again afterwards', () => {
  const { begin, kept, traces } = scene(1);
  for (const round of ['first', 'second']) {
    const trace = traces.create(round, false);
    const root = begin(`${round} root`, trace);
    begin(`${round} child`, trace).end();
    root.end('NATS_TIMEOUT');
  }
  expect(kept).toEqual(['first child', 'second child']);
});
