/** Metric of the certificates' ends; their files are read when it is scraped. */
import { Gauge, type Registry } from 'prom-client';
import type { ReadCertificateEnds } from '../doors/certificate-ends.js';

export function createCertificateMetrics(register: Registry, certificateEnds: ReadCertificateEnds): void {
  new Gauge({
    name: 'nats_bridge_certificate_end_timestamp_seconds',
    help: 'When a certificate in use ends, in seconds since the epoch; absent without one',
    labelNames: ['use'],
    registers: [register],
    collect() {
      this.reset();
      for (const { use, endsAt } of certificateEnds()) this.set({ use }, endsAt / 1_000);
    },
  });
}
