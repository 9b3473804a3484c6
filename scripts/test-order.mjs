/** The order in which test files start: what takes longest first, so that at the end nobody waits for a single file. */
import { relative } from 'node:path';
import { BaseSequencer } from 'vitest/node';

/** A minute each, or more. The simulation comes first: it makes do with the processor time that the others leave. */
const LONGEST = [
  'sim/src/simulation.test.ts',
  'test/src/published-form.test.ts',
  'test/src/leaks/protections.test.ts',
  'test/src/conformance.test.ts',
  'test/src/leaks/leaks.test.ts',
  'test/src/console-states.test.ts',
  'test/src/console-layout.test.ts',
  'test/src/new-worker.test.ts',
  'test/src/faults.test.ts',
  'test/src/commands.test.ts',
];

export class LongestFirst extends BaseSequencer {
  /** Of one rank: as vitest has it, by what they took last time, or by their size where that is not known. */
  async sort(files) {
    const ranked = (await super.sort(files)).map((file) => ({ file, rank: this.#rankOf(file.moduleId) }));
    return ranked.sort((one, other) => one.rank - other.rank).map(({ file }) => file);
  }

  /** Tests of the whole come before those of a package. */
  #rankOf(moduleId) {
    const path = relative(this.ctx.config.root, moduleId).replaceAll('\\', '/');
    const rank = LONGEST.indexOf(path);
    if (rank >= 0) return rank;
    return LONGEST.length + (path.startsWith('test/') ? 0 : 1);
  }
}
