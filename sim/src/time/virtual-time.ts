/**
 * Gives the product's own code virtual time: while a simulation runs, clocks, timers and random numbers are those of
 * the actor whose turn it is. To be imported before anything of the product, and only in a thread that does nothing
 * else.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import { nuid } from '@nats-io/nats-core';
import { Actor } from '../actors/actor.js';
import type { Event, Scheduler } from './scheduler.js';

let scheduler: Scheduler | undefined;
let ids = 0;

const real = { now: Date.now, random: Math.random, performanceNow: performance.now.bind(performance) };
const nobody = new Actor('nobody');

/** @returns what ends it */
export function beginVirtualTime(world: Scheduler): () => void {
  scheduler = world;
  // What lives longer than a seed begins anew, so that a replay is the same to the last choice.
  ids = 0;
  nuid.reset();
  return () => {
    scheduler = undefined;
  };
}

/** What stands for a timer of Node. */
class VirtualTimer {
  event: Event | undefined;
  ref = () => this;
  unref = () => this;
  hasRef = () => true;
}

function startTimer(run: () => void, ms: number | undefined, isRepeated: boolean): VirtualTimer {
  if (scheduler === undefined) throw new Error('a timer outside of a simulation');
  const world = scheduler;
  const actor = world.current ?? nobody;
  const timer = new VirtualTimer();
  const arm = () => {
    // Timers are late by up to a millisecond, as real ones are: that is what shuffles what falls together.
    timer.event = world.in(Math.max(1, Number(ms) || 0) + world.random.next(), actor, () => {
      if (isRepeated) arm();
      run();
    });
  };
  arm();
  return timer;
}

function stopTimer(timer: unknown): void {
  if (timer instanceof VirtualTimer && timer.event !== undefined) timer.event.isCancelled = true;
}

type AnyFunction = (...args: unknown[]) => void;

Date.now = () =>
  scheduler === undefined
    ? real.now()
    : Math.floor(scheduler.now) + Math.round(scheduler.current?.clockOffsetMs ?? 0);
Math.random = () => (scheduler === undefined ? real.random() : scheduler.random.next());
performance.now = () => (scheduler === undefined ? real.performanceNow() : scheduler.elapsedMs);

const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
Object.assign(globalThis, {
  setTimeout: (run: AnyFunction, ms?: number, ...args: unknown[]) =>
    scheduler === undefined ? setTimeout(run, ms, ...args) : startTimer(() => run(...args), ms, false),
  setInterval: (run: AnyFunction, ms?: number, ...args: unknown[]) =>
    scheduler === undefined ? setInterval(run, ms, ...args) : startTimer(() => run(...args), ms, true),
  clearTimeout: (timer: NodeJS.Timeout) =>
    (timer as unknown) instanceof VirtualTimer ? stopTimer(timer) : clearTimeout(timer),
  clearInterval: (timer: NodeJS.Timeout) =>
    (timer as unknown) instanceof VirtualTimer ? stopTimer(timer) : clearInterval(timer),
});

const sleep = timersPromises.setTimeout;
Object.assign(timersPromises, {
  setTimeout: <T>(ms?: number, value?: T, options?: { signal?: AbortSignal }): Promise<T | undefined> => {
    if (scheduler === undefined) return sleep(ms, value, options);
    return new Promise((resolve, reject) => {
      const { signal } = options ?? {};
      const fail = () => reject(new DOMException('The operation was aborted', 'AbortError'));
      if (signal?.aborted) return fail();
      const abort = () => {
        stopTimer(timer);
        fail();
      };
      const timer = startTimer(
        () => {
          signal?.removeEventListener('abort', abort);
          resolve(value);
        },
        ms,
        false,
      );
      signal?.addEventListener('abort', abort, { once: true });
    });
  },
});

const randomUUID = crypto.randomUUID;
Object.assign(crypto, {
  randomUUID: () => {
    if (scheduler === undefined) return randomUUID();
    const tail = (++ids).toString(16).padStart(12, '0');
    return `00000000-0000-4000-8000-${tail}`;
  },
});
syncBuiltinESMExports();
