/** Reads Prometheus's text format as a test needs it: names, types, and the values of samples. */

export type Scraped = {
  /** Of the metrics that are declared, with or without samples. */
  readonly names: ReadonlySet<string>;
  /** The samples with this name that have at least these labels. */
  samples(name: string, labels?: Readonly<Record<string, string>>): readonly Sample[];
  /** Of the one sample that has these labels; undefined without one. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
};

type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
};

export function parsePrometheusText(text: string): Scraped {
  const names = new Set<string>();
  const all: Sample[] = [];
  for (const line of text.split('\n')) {
    const declared = /^# TYPE (\S+) \S+$/.exec(line)?.[1];
    if (declared !== undefined) names.add(declared);
    if (line === '' || line.startsWith('#')) continue;
    const [, name, labels = '', value] = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) throw new Error(`not a line of Prometheus's text format: ${line}`);
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, said]) => [key, said]);
    all.push({ name, labels: Object.fromEntries(pairs), value: Number(value) });
  }
  const samples = (name: string, wanted: Readonly<Record<string, string>> = {}) =>
    all.filter(
      (sample) =>
        sample.name === name && Object.entries(wanted).every(([key, said]) => sample.labels[key] === said),
    );
  return {
    names,
    samples,
    value(name, wanted) {
      const found = samples(name, wanted);
      if (found.length > 1) throw new Error(`${found.length} samples of ${name} fit`);
      return found[0]?.value;
    },
  };
}
