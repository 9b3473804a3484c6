/** The `[nats_bridge.tracing]` section: whether spans are exported, and where to. */
import { createTracing, type Tracing } from '@nats-bridge/tracing';
import { z } from 'zod';

export const tracingSchema = z
  .strictObject({
    /** Where OTLP over HTTP is received; left out: nothing is traced. */
    endpoint: z
      .url({ protocol: /^https?$/, error: 'must be http://host:port where OTLP over HTTP is received' })
      .optional(),
    /** Share of the traces begun here that are exported; failed calls always are. */
    sample_ratio: z.number({ error: 'must be a number from 0 to 1' }).min(0).max(1).default(1),
    /** OpenTelemetry's `service.name` of the bridge. */
    service_name: z.string().min(1).max(128).default('nats-bridge'),
  })
  .prefault({});

/** @returns undefined without an endpoint: then nothing is made */
export function tracingOf(
  { endpoint, sample_ratio, service_name }: z.output<typeof tracingSchema>,
  onError: (error: Error) => void,
): Tracing | undefined {
  if (endpoint === undefined) return undefined;
  return createTracing({ endpoint, sampleRatio: sample_ratio, serviceName: service_name, onError });
}
