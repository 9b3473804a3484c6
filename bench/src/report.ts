/** What the benchmark says: lines for people while it goes, and one object at the end. */
import { CASE_NAMES, type CaseName } from './cases.js';
import { median } from './load.js';
import { V8_FLAGS } from './member.js';
import type { MemoryRun } from './memory-run.js';
import { type Ratios, ratioLines, ratiosOf } from './ratios.js';
import type { Usage } from './roles/role.js';
import type { Results, Round, Setting } from './rounds.js';
import type { Measured } from './scene.js';

export const CONDITIONS = [
  'every role is a process of its own; every case has a nats-server of its own, and the others idle',
  'nats-server: JetStream on file, sync_interval 2m (the server’s default); “flushed” is sync_interval always, which the embedded server of `up` uses',
  'all NATS connections, floors too, have noAsyncTraces: true; streams have one replica',
  'size is that of the JSON body on NATS; the gRPC request is the same payment in protobuf with Hyperswitch’s metadata, and the gRPC echo answers with all of it',
  `Node processes, floors too, run with ${V8_FLAGS.join(' ')}, as the nats-bridge command does`,
  'the cases “asked” carry a sync, which is stored once, as in the bare floors; all others an authorize, which is stored three times, as in floor_writes',
  'floors make and read the same JSON as the bridge and the worker do, both ways, and nothing else',
  'every case has carried 20,000 payments before the first is measured (--quick: 300), which is when V8 has compiled all of it',
  'values are medians of the rounds; ratios are taken within a round, then their median, at 1 KiB',
] as const;

type Figures = {
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly cpu_ms_per_1000: Readonly<Record<string, number>>;
  /** Messages stored per payment, by stream, as the server counts them. */
  readonly writes_per_payment: Readonly<Record<string, number>>;
  readonly failed: number;
};
type CaseReport = {
  /** By size, then by payments in flight. */
  readonly figures: Readonly<Record<string, Record<string, Figures>>>;
  readonly peak_memory_mib: Readonly<Record<string, number>>;
};

type NamesAfter<Kind extends string> = CaseName extends infer Name
  ? Name extends `${Kind}_${infer Rest}`
    ? Rest
    : never
  : never;
type WholeName = Extract<CaseName, `whole${string}`>;

export type Report = {
  readonly floors: Readonly<Record<NamesAfter<'floor'>, CaseReport>>;
  readonly library: Readonly<Record<NamesAfter<'library'>, CaseReport>>;
  readonly ratios: Ratios;
  readonly ratios_8kib: Ratios;
  readonly memory?: MemoryRun;
  readonly conditions: readonly string[];
} & Readonly<Record<WholeName, CaseReport>>;

export type PeakUsage = Readonly<Partial<Record<CaseName, Record<string, Usage>>>>;

export function reportOf(results: Results, usage: PeakUsage, memory: MemoryRun | undefined): Report {
  /** Of all cases whose name begins so, under the rest of it. */
  const reports = (prefix: string) =>
    Object.fromEntries(
      CASE_NAMES.filter((name) => name.startsWith(prefix)).map((name) => [
        name.slice(prefix.length),
        caseReport(name, results, usage[name] ?? {}),
      ]),
    );
  const wholes = Object.entries(reports('whole')).map(([rest, report]) => [`whole${rest}`, report]);
  return {
    floors: reports('floor_') as Report['floors'],
    library: reports('library_') as Report['library'],
    ...(Object.fromEntries(wholes) as Record<WholeName, CaseReport>),
    ratios: ratiosOf(results, '1KiB'),
    ratios_8kib: ratiosOf(results, '8KiB'),
    ...(memory && { memory }),
    conditions: CONDITIONS,
  };
}

function caseReport(name: CaseName, results: Results, usage: Record<string, Usage>): CaseReport {
  const figures: Record<string, Record<string, Figures>> = {};
  for (const { setting, rounds } of results) {
    const measured = figuresOf(name, rounds);
    if (measured === undefined) continue;
    figures[setting.size] ??= {};
    (figures[setting.size] as Record<string, Figures>)[setting.inFlight] = measured;
  }
  const peaks = Object.entries(usage).map(([member, { peakMiB }]) => [member, Math.round(peakMiB)]);
  return { figures, peak_memory_mib: Object.fromEntries(peaks) };
}

function figuresOf(name: CaseName, rounds: readonly Round[]): Figures | undefined {
  const measured = rounds.map((round) => round[name]).filter((one): one is Measured => one !== undefined);
  if (measured.length === 0) return undefined;
  const over = (value: (one: Measured) => number) => Math.round(median(measured.map(value)) * 100) / 100;
  const members = Object.keys(measured[0]?.cpuMsPer1000 ?? {});
  return {
    per_second: Math.round(over(({ perSecond }) => perSecond)),
    p50_ms: over(({ p50Ms }) => p50Ms),
    p99_ms: over(({ p99Ms }) => p99Ms),
    cpu_ms_per_1000: Object.fromEntries(
      members.map((member) => [member, Math.round(over((one) => one.cpuMsPer1000[member] ?? 0))]),
    ),
    writes_per_payment: Object.fromEntries(
      Object.keys(measured[0]?.writesPerPayment ?? {}).map((stream) => [
        stream,
        over((one) => one.writesPerPayment[stream] ?? 0),
      ]),
    ),
    failed: measured.reduce((sum, { failed }) => sum + failed, 0),
  };
}

const WIDTHS = [28, 6, 9, 9, 9, 9] as const;

export const TABLE_HEAD = columns(
  ['case', 'size', 'in flight', 'per s', 'p50 ms', 'p99 ms'],
  'CPU ms per 1,000',
);

export function settingLines({ size, inFlight }: Setting, rounds: readonly Round[]): string {
  const names = Object.keys(rounds[0] ?? {}) as CaseName[];
  const lines = names.map((name) => {
    const figures = figuresOf(name, rounds);
    if (figures === undefined) return '';
    const cpu = Object.entries(figures.cpu_ms_per_1000).map(([member, ms]) => `${member} ${ms}`);
    const failed = figures.failed > 0 ? `  ✗ ${figures.failed} failed` : '';
    return (
      columns(
        [
          name,
          size,
          String(inFlight),
          String(figures.per_second),
          figures.p50_ms.toFixed(2),
          figures.p99_ms.toFixed(2),
        ],
        cpu.join(', '),
      ) + failed
    );
  });
  return `${lines.join('\n')}\n`;
}

function columns(cells: readonly string[], rest: string): string {
  const padded = cells.map((cell, index) =>
    index < 2 ? cell.padEnd(WIDTHS[index] ?? 0) : cell.padStart(WIDTHS[index] ?? 0),
  );
  return `${padded.join(' ')}   ${rest}`;
}

/** By size, where anything was measured. */
export function ratiosBySize({ ratios, ratios_8kib }: Report): string {
  const bySize = [
    ['1 KiB', ratioLines(ratios)],
    ['8 KiB', ratioLines(ratios_8kib)],
  ] as const;
  return bySize
    .filter(([, lines]) => lines.length > 0)
    .map(([size, lines]) => `Ratios to the floors, ${size}:\n${lines.join('\n')}`)
    .join('\n\n');
}

/** Durable writes of one payment, as the server counts them. */
export function writesLines(results: Results): string {
  const rounds = results.at(-1)?.rounds ?? [];
  const lines = (Object.keys(rounds[0] ?? {}) as CaseName[]).flatMap((name) => {
    const writes = Object.entries(figuresOf(name, rounds)?.writes_per_payment ?? {});
    if (writes.length === 0) return [];
    return [
      `  ${name.padEnd(WIDTHS[0])} ${writes.map(([stream, count]) => `${stream} ${count}`).join(', ')}`,
    ];
  });
  if (lines.length === 0) return '';
  return `Messages stored per payment (an archive is copied by the server; nobody waits for it):\n${lines.join('\n')}`;
}

/** Where the time goes: CPU of all processes together against what the machine has. */
export function limitLines(results: Results, cores: number): string {
  const at64 = results.find(({ setting }) => setting.inFlight === 64 && setting.size === '1KiB');
  const names = Object.keys(at64?.rounds[0] ?? {}) as CaseName[];
  const lines = names.map((name) => {
    const figures = figuresOf(name, at64?.rounds ?? []);
    const busy = Object.entries(figures?.cpu_ms_per_1000 ?? {})
      .map(([member, ms]) => [member, (ms * (figures?.per_second ?? 0)) / 1_000_000] as const)
      .sort((a, b) => b[1] - a[1]);
    const total = busy.reduce((sum, [, share]) => sum + share, 0);
    const shares = busy.map(([member, share]) => `${member} ${share.toFixed(2)}`).join(', ');
    return `  ${name.padEnd(WIDTHS[0])} ${total.toFixed(2)} of ${cores} cores busy: ${shares}`;
  });
  return `What limits, at 64 in flight and 1 KiB (a Node process at 1.00 is full):\n${lines.join('\n')}`;
}
