/** The functions of a V8 CPU profile that cost most of themselves, by share of the time the process was busy. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

export type Cost = { readonly where: string; readonly percent: number };

export function topCosts(profileFile: string, count = 20): readonly Cost[] {
  const profile = JSON.parse(readFileSync(profileFile, 'utf8')) as CpuProfile;
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const micros = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const name = names.get(id) ?? '?';
    if (name === '(idle)' || name === '(root)') continue;
    micros.set(name, (micros.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  const busy = [...micros.values()].reduce((sum, part) => sum + part, 0);
  return [...micros]
    .sort((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([where, part]) => ({ where, percent: Math.round((part / busy) * 1_000) / 10 }));
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  if (url === '') return functionName;
  const file = url.startsWith('file://') ? relative(process.cwd(), url.slice('file://'.length)) : url;
  return `${file}:${lineNumber + 1} ${functionName || '(anonymous)'}`;
}
