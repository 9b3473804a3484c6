/**
 * How often each fault and each decision must have come up in ten thousand seeds: a simulation that does not exercise
 * a rule says nothing about it.
 */
const FLOORS: Readonly<Record<string, number>> = {
  // Faults.
  'fault: bridge dies': 2_000,
  'fault: worker dies': 2_000,
  'fault: all workers die': 2_000,
  'fault: process stands still': 2_000,
  'fault: link cut': 2_000,
  'fault: broker restarts': 2_000,
  'fault: broker has no leader': 2_000,
  'fault: store refuses': 2_000,
  'fault: clock jumps': 2_000,
  'fault: message dropped': 5_000,
  'fault: message delayed': 5_000,
  'fault: message duplicated': 1_000,
  'fault: message reordered': 5_000,
  'fault: entry lost with its leader': 20,
  'fault: entry refused and stored': 20,
  'fault: processor does not hear': 300,
  'fault: processor not heard': 300,
  'fault: handler slow': 2_000,
  'fault: call cancelled': 1_500,
  // What is asked.
  'call: concurrent repeat': 8_000,
  'call: later repeat': 8_000,
  'call: same key, other content': 3_000,
  // Workers without records, and what they may do.
  'worker without records: visits': 1_000,
  'worker without records: one kind replaces the other': 700,
  'worker without records: replies by respond': 500,
  'worker without records: replies by publish': 400,
  'worker without records: fails': 100,
  'worker without records: too late': 80,
  'handler: without records': 1_200,
  'allowed: run again by a worker without records': 150,
  'allowed: another answer, of a worker without records': 8,
  'allowed: withdrawn, and run by a worker without records that came and went': 4,
  // What the guard decides.
  'worker: answered': 14_000,
  'worker: resent': 8_000,
  'worker: wait': 200,
  'worker: expired': 200,
  'worker: dropped': 1_000,
  'worker: conflict': 250,
  'worker: superseded': 50,
  'worker: handler_failed': 1_500,
  'worker: reply_failed': 500,
  'record: taken over': 2_000,
  'handler: found what an earlier attempt did': 500,
  // What a bridge writes and says.
  'record: nothing → sent': 2_000,
  'record: nothing → withdrawn': 300,
  'record: sent → withdrawn': 500,
  'record: sent → claimed': 1_000,
  'record: claimed → answered': 14_000,
  'bridge: late_reply': 1_000,
  'bridge: a doubt is left to a person': 100,
  'caller heard: answered': 30_000,
  'caller heard: unknown': 3_000,
  'caller heard: not_sent': 5_000,
  'caller heard: refused': 2_000,
  'caller heard: broken': 1_000,
  // What the broker does.
  'broker: redelivery': 3_000,
  'broker: MAX_DELIVERIES': 200,
  'broker: MSG_TERMINATED': 200,
  'broker: duplicate absorbed': 10_000,
  'broker: refused, as another is on its way (10158)': 500,
  'broker: refused, as another is on its way (10164)': 2_000,
};

/** @returns what fell short, as lines to read */
export function belowFloor(counts: Readonly<Record<string, number>>, seeds: number): string[] {
  return Object.entries(FLOORS)
    .map(([name, floor]) => ({ name, had: counts[name] ?? 0, least: Math.floor((floor * seeds) / 10_000) }))
    .filter(({ had, least }) => had < least)
    .map(({ name, had, least }) => `${name}: ${had}, at least ${least} expected`);
}
