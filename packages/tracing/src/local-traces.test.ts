import { expect, it } from 'vitest';
import { createLocalTraces, type LocalTrace } from './local-traces.js';
import { Span } from './span.js';

function scene(mostHeld?: number) {
  const kept: string[] = [];
  const traces = createLocalTraces(({ name }) => kept.push(name), mostHeld);
  const begin = (name: string, trace: LocalTrace) => {
    trace.open += 1;
    return new Span(name, 'internal', trace, undefined, {}, 0, traces.ended);
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
  expect(kept).toEqual(['child', 'root']);
});

it('decides of a trace that began elsewhere as of one, whoever joins it, as long as some of it is open', () => {
  const { begin, kept, traces } = scene();
  const one = begin('one', traces.join('t', false));
  begin('other', traces.join('t', false)).end('NATS_TIMEOUT');
  one.end();
  expect(kept).toEqual(['other', 'one']);
  begin('later', traces.join('t', false)).end();
  expect(kept).toEqual(['other', 'one']);
});

it('forgets good traces, also beside a failed one', () => {
  const { begin, kept, traces } = scene();
  const good = begin('good', traces.create('t1', false));
  const failed = begin('failed', traces.create('t2', false));
  failed.end('NATS_TIMEOUT');
  good.end();
  expect(kept).toEqual(['failed']);
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
