import { BridgeError, type BridgeErrorCode } from '@nats-bridge/protocol';
import { describe, expect, it } from 'vitest';
import { exchange, success } from '../testing/exchanges.js';
import {
  type BreakerState,
  CLOSED,
  circuitBreaker,
  createBreakers,
  letsThrough,
  probeNow,
  stepBreaker,
} from './circuit-breaker.js';

const OPTIONS = { failures: 5, openMs: 1_000 };

describe('a circuit breaker', () => {
  const scene = () => {
    let now = 0;
    let fails: BridgeErrorCode | undefined;
    let sent = 0;
    const breakers = createBreakers();
    const send = circuitBreaker(
      breakers,
      OPTIONS,
      () => now,
    )(async () => {
      sent++;
      if (fails) throw new BridgeError(fails);
      return success;
    });
    return {
      breakers,
      sent: () => sent,
      at: (ms: number) => {
        now = ms;
      },
      async call(code?: BridgeErrorCode, changes = {}) {
        fails = code;
        return send(exchange(changes)).then(
          () => 'answered',
          (error: BridgeError) => error.code,
        );
      },
    };
  };

  it('opens after five failures in a row, and then sends nothing', async () => {
    const { call, sent } = scene();
    for (let failure = 0; failure < 5; failure++) expect(await call('NATS_TIMEOUT')).toBe('NATS_TIMEOUT');
    expect(await call()).toBe('CIRCUIT_OPEN');
    expect(sent()).toBe(5);
  });

  it('counts only failures in a row, and never what a processor, a caller or an empty queue is to blame for', async () => {
    const { call } = scene();
    for (let round = 0; round < 3; round++) {
      for (let failure = 0; failure < 4; failure++) await call('NATS_UNREACHABLE');
      expect(await call()).toBe('answered');
    }
    for (const code of ['VALIDATION_ERROR', 'NO_WORKERS_AVAILABLE', 'OVERLOADED', 'CANCELLED'] as const)
      for (let failure = 0; failure < 6; failure++) expect(await call(code)).toBe(code);
    expect(await call()).toBe('answered');
  });

  it('lets one probe through after its pause, and closes or opens again by what that says', async () => {
    const { call, at, sent } = scene();
    for (let failure = 0; failure < 5; failure++) await call('NATS_TIMEOUT');
    at(124);
    expect(await call()).toBe('CIRCUIT_OPEN');
    at(125);
    expect(await call('NATS_TIMEOUT')).toBe('NATS_TIMEOUT');
    expect(await call()).toBe('CIRCUIT_OPEN');
    at(125 + 250);
    // A probe that tells nothing leaves the next call to be one.
    expect(await call('CANCELLED')).toBe('CANCELLED');
    expect(await call()).toBe('answered');
    expect(await call('NATS_TIMEOUT')).toBe('NATS_TIMEOUT');
    expect(await call()).toBe('answered');
    expect(sent()).toBe(10);
  });

  it('keeps operations and connectors apart', async () => {
    const { call } = scene();
    for (let failure = 0; failure < 5; failure++) await call('NATS_TIMEOUT');
    expect(await call(undefined, { operation: 'refund' })).toBe('answered');
    const { data } = exchange();
    expect(await call(undefined, { data: { ...data, connector: 'other' } })).toBe('answered');
    expect(await call()).toBe('CIRCUIT_OPEN');
  });

  it('probes at once when the connection comes back', async () => {
    const { call, breakers } = scene();
    for (let failure = 0; failure < 5; failure++) await call('NATS_UNREACHABLE');
    probeNow(breakers, 0);
    expect(await call()).toBe('answered');
  });

  it('does not count what failed of calls from before the connection came back', async () => {
    const breakers = createBreakers();
    let now = 0;
    const fail: (() => void)[] = [];
    const send = circuitBreaker(
      breakers,
      OPTIONS,
      () => now,
    )(() => new Promise((_, reject) => fail.push(() => reject(new BridgeError('NATS_TIMEOUT')))));
    const calls = Array.from({ length: 9 }, () => send(exchange()).catch(() => {}));
    now = 500;
    probeNow(breakers, now);
    for (const one of fail) one();
    await Promise.all(calls);
    const next = send(exchange()).catch((error: BridgeError) => error.code);
    fail.at(-1)?.();
    expect(await next).toBe('NATS_TIMEOUT');
  });

  it('lets nothing through while a probe is under way', () => {
    const open = { state: 'open', until: 10, pauseMs: 125 } as const;
    expect(letsThrough(open, 9)).toBe(false);
    expect(letsThrough(open, 10)).toBe(true);
    const probing = stepBreaker(open, 'call', 10, OPTIONS);
    expect(probing).toEqual({ state: 'half_open', pauseMs: 125 });
    expect(letsThrough(probing, 11)).toBe(false);
    expect(stepBreaker(probing, 'success', 11, OPTIONS)).toEqual(CLOSED);
    expect(stepBreaker(probing, 'failure', 11, OPTIONS)).toEqual({ state: 'open', until: 261, pauseMs: 250 });
  });

  it('pauses twice as long after each probe that fails, up to its limit', () => {
    let breaker: BreakerState = { state: 'closed', failures: OPTIONS.failures - 1 };
    const pauses: number[] = [];
    for (let now = 0; pauses.length < 5; ) {
      breaker = stepBreaker(stepBreaker(breaker, 'call', now, OPTIONS), 'failure', now, OPTIONS);
      if (breaker.state !== 'open') throw new Error('it must be open');
      pauses.push(breaker.pauseMs);
      now = breaker.until;
    }
    expect(pauses).toEqual([125, 250, 500, 1_000, 1_000]);
  });

  it('is not kept open by what was sent before it opened', () => {
    const open = { state: 'open', until: 125, pauseMs: 125 } as const;
    expect(stepBreaker(open, 'failure', 100, OPTIONS)).toBe(open);
  });

  it('keeps nothing of what is well, and not of every name that a caller makes up', async () => {
    const { call, breakers } = scene();
    const { data } = exchange();
    const as = (connector: string) => ({ data: { ...data, connector } });
    await call('VALIDATION_ERROR', as('declined'));
    await call('NATS_TIMEOUT', as('mended'));
    await call(undefined, as('mended'));
    expect(breakers.routes.size).toBe(0);
    for (let failure = 0; failure < 5; failure++) await call('NATS_TIMEOUT', as('broken'));
    for (let name = 0; name < 10_100; name++) await call('NATS_TIMEOUT', as(`made_up_${name}`));
    expect(breakers.routes.size).toBe(10_000);
    expect(await call(undefined, as('broken'))).toBe('CIRCUIT_OPEN');
  });
});
