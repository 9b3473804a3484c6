/** Gauges of one register, in a line each. */
import { Gauge, type Registry } from 'prom-client';

export function createGauges(register: Registry) {
  return <Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge<Label>({ name, help, labelNames, registers: [register] });
}
