/**
 * Stops sending where nothing comes back: after so many failures in a row, calls fail at once, and after a pause one
 * probe at a time tells whether it works again. A decline is an answer and never counts.
 */
import { BridgeError, type BridgeErrorCode } from '@nats-bridge/protocol';
import { bridgeErrorOf } from '../call/bridge-error-of.js';
import type { Exchange, Policy, Route } from '../call/exchange.js';

export type BreakerState =
  | { readonly state: 'closed'; readonly failures: number }
  /** `pauseMs`: how long it stays so. */
  | { readonly state: 'open'; readonly until: number; readonly pauseMs: number }
  /** One probe is under way; `pauseMs` was the pause before it. */
  | { readonly state: 'half_open'; readonly pauseMs: number };

export type BreakerEvent = 'call' | 'success' | 'failure' | 'neither';

export type BreakerOptions = {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** The longest pause before a probe, in milliseconds. The first is an eighth of it, each further one twice as long. */
  readonly openMs: number;
};

export const CLOSED: BreakerState = { state: 'closed', failures: 0 };

/** The next state; a call that is not let through leaves the state as it is. Pure. */
export function stepBreaker(
  breaker: BreakerState,
  event: BreakerEvent,
  now: number,
  options: BreakerOptions,
): BreakerState {
  switch (event) {
    case 'call':
      return breaker.state === 'open' && breaker.until <= now
        ? { state: 'half_open', pauseMs: breaker.pauseMs }
        : breaker;
    case 'success':
      return CLOSED;
    case 'neither':
      // The probe told nothing: the next call is one.
      return breaker.state === 'half_open' ? { ...breaker, state: 'open', until: now } : breaker;
    case 'failure': {
      // It was sent before the breaker opened, and says nothing that is not known.
      if (breaker.state === 'open') return breaker;
      if (breaker.state === 'half_open')
        return opened(now, Math.min(options.openMs, Math.max(breaker.pauseMs * 2, options.openMs / 8)));
      const failures = breaker.failures + 1;
      return failures < options.failures ? { state: 'closed', failures } : opened(now, options.openMs / 8);
    }
  }
}

function opened(now: number, pauseMs: number): BreakerState {
  return { state: 'open', until: now + pauseMs, pauseMs };
}

/** Whether a call may pass, before `stepBreaker` is told of it. */
export function letsThrough(breaker: BreakerState, now: number): boolean {
  return breaker.state === 'closed' || (breaker.state === 'open' && breaker.until <= now);
}

/** What the way and the workers can be blamed for. Missing workers are noticed at once, without a breaker. */
const FAILURES = new Set<BridgeErrorCode>([
  'NATS_TIMEOUT',
  'NATS_UNREACHABLE',
  'STORE_REFUSED',
  'INVALID_WORKER_REPLY',
]);

/** Hyperswitch knows some 120 connectors. */
const MOST_ROUTES = 10_000;

/** One per operation and route; the route is the connector that Hyperswitch chose. */
export type Breakers = {
  readonly routes: Map<string, BreakerState>;
  readonly onChange: (route: Route, state: BreakerState['state']) => void;
  /** When the connection came back last: what failed of calls from before says nothing of now. */
  connectedAt: number;
};

/** @param onChange told of each change between closed, open and half open */
export function createBreakers(onChange: Breakers['onChange'] = () => {}): Breakers {
  return { routes: new Map(), onChange, connectedAt: 0 };
}

/** The connection came back: whatever was open may be probed now. */
export function probeNow(breakers: Breakers, now: number): void {
  breakers.connectedAt = now;
  for (const [route, { state }] of breakers.routes)
    if (state === 'open') breakers.routes.set(route, opened(now, 0));
}

/** @throws BridgeError CIRCUIT_OPEN, before anything is sent */
export function circuitBreaker(breakers: Breakers, options: BreakerOptions, now = Date.now): Policy {
  return (next) => async (exchange) => {
    const route = routeOf(exchange);
    const { routes } = breakers;
    const tell = (event: BreakerEvent) => {
      const before = routes.get(route) ?? CLOSED;
      const after = stepBreaker(before, event, now(), options);
      if (after !== before) keep(routes, route, after);
      if (after.state !== before.state)
        breakers.onChange({ operation: exchange.operation, connector: exchange.data.connector }, after.state);
    };
    const breaker = routes.get(route) ?? CLOSED;
    const begunAt = now();
    if (!letsThrough(breaker, now()))
      throw new BridgeError(
        'CIRCUIT_OPEN',
        `Payment service temporarily unavailable: ${options.failures} calls of ${route} in a row failed`,
      );
    if (breaker.state !== 'closed') tell('call');
    try {
      const answer = await next(exchange);
      if (breaker.state !== 'closed' || breaker.failures > 0) tell('success');
      return answer;
    } catch (thrown) {
      const error = bridgeErrorOf(thrown);
      const counts = FAILURES.has(error.code) && begunAt >= breakers.connectedAt;
      tell(counts ? 'failure' : 'neither');
      throw error;
    }
  };
}

/** A caller may name any connector: what is kept of them is bounded, and what is as if nothing had been is not kept. */
function keep(routes: Breakers['routes'], route: string, breaker: BreakerState): void {
  routes.delete(route);
  if (breaker === CLOSED) return;
  routes.set(route, breaker);
  if (routes.size <= MOST_ROUTES) return;
  // An open one keeps calls back, and people are told of it: it is not for others to close.
  for (const [oldest, { state }] of routes) if (state === 'closed') return void routes.delete(oldest);
}

function routeOf({ operation, data }: Exchange): string {
  return `${operation} for ${data.connector}`;
}
