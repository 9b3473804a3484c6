/** Metrics of the log: how much is written, and what of it went nowhere. */
import type { LogStats } from '@nats-bridge/logging';
import { Counter, type Registry } from 'prom-client';

/** Of a gateway that keeps no log all are 0. */
export function createLogMetrics(register: Registry, stats: () => LogStats | undefined): void {
  const registers = [register];
  new Counter({
    name: 'nats_bridge_log_entries_total',
    help: 'Lines of the log, by level',
    labelNames: ['level'],
    registers,
    collect() {
      this.reset();
      for (const [level, count] of Object.entries(stats()?.written ?? {})) this.inc({ level }, count);
    },
  });
  new Counter({
    name: 'nats_bridge_log_entries_dropped_total',
    help: 'Lines of the log that were dropped: NATS was away or refused them, or the reader of standard error was too slow',
    registers,
    collect() {
      this.reset();
      this.inc(stats()?.dropped ?? 0);
    },
  });
}
