/** Many payments in a row through the whole way, with the memory of each process looked at between them. */
import { median } from './load.js';
import type { Scene } from './scene.js';

export type MemoryOfProcess = {
  /** MiB after each part of the run. */
  readonly samplesMiB: readonly number[];
  readonly peakMiB: number;
  /** Median of the last quarter ÷ median of the second: the first one warms up. */
  readonly growth: number;
  /**
   * MiB that a full collection leaves, after the first quarter and at the end: of the rest V8 and malloc decide how
   * much they keep for later. Of Node processes.
   */
  readonly heldMiB?: readonly number[];
};

export type MemoryRun = { readonly payments: number; readonly processes: Record<string, MemoryOfProcess> };

const PARTS = 40;

export async function runMemory(
  scene: Scene,
  payments: number,
  onPart: (done: number, rssMiB: Record<string, number>) => void,
): Promise<MemoryRun> {
  const samples = new Map<string, number[]>();
  const peaks = new Map<string, number>();
  const held: Record<string, number>[] = [];
  let done = 0;
  for (let part = 0; part < PARTS; part++) {
    const load = { inFlight: 64, payments: Math.ceil(payments / PARTS) };
    done += (await scene.measure('1KiB', load)).payments;
    const usage = Object.entries(await scene.usage());
    for (const [name, { rssMiB, peakMiB }] of usage) {
      samples.set(name, [...(samples.get(name) ?? []), rssMiB]);
      peaks.set(name, peakMiB);
    }
    onPart(done, Object.fromEntries(usage.map(([name, { rssMiB }]) => [name, rssMiB])));
    if (part === PARTS / 4 - 1 || part === PARTS - 1) held.push(await scene.held());
  }
  const processes = [...samples].map(([name, samplesMiB]) => {
    const quarter = samplesMiB.length / 4;
    const second = median(samplesMiB.slice(quarter, 2 * quarter));
    const last = median(samplesMiB.slice(-quarter));
    const peakMiB = Math.round(peaks.get(name) ?? 0);
    const heldMiB = held.flatMap(({ [name]: mib }) => (mib === undefined ? [] : [Math.round(mib * 10) / 10]));
    return [
      name,
      {
        samplesMiB: samplesMiB.map(Math.round),
        peakMiB,
        growth: round3(last / second),
        ...(heldMiB.length > 0 && { heldMiB }),
      },
    ] as const;
  });
  return { payments: done, processes: Object.fromEntries(processes) };
}

function round3(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
