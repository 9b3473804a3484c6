/** `nats-bridge new worker`: a project to start a worker from. */
import { relative } from 'node:path';
import { Command, Option } from 'commander';
import { scaffoldWorker, WORKER_LANGUAGES, type WorkerLanguage } from '../new/scaffold-worker.js';
import { mark } from '../output/terminal.js';

const LANGUAGE_NAMES: Readonly<Record<WorkerLanguage, string>> = {
  ts: 'TypeScript',
  python: 'Python',
  go: 'Go',
};

/** From a fresh folder to a worker whose test has passed. */
const NEXT_STEPS: Readonly<Record<WorkerLanguage, readonly string[]>> = {
  ts: ['npm install   # not needed inside a checkout of NATS Bridge', 'npm test'],
  python: [
    'python3 -m venv .venv && . .venv/bin/activate',
    'pip install -r requirements.txt -r requirements-dev.txt',
    'python generate_contract.py && python -m unittest',
  ],
  go: ['go generate && go test -count=1 ./...'],
};

export function newCommand(): Command {
  const worker = new Command('worker')
    .summary('a worker in TypeScript, Python or Go, with a test that runs the conformance kit')
    .description(
      'Writes a project: a worker that survives crashes, a processor in memory, which you replace by yours, the contract as JSON Schemas with a generator of types, and a test that starts a bridge and the worker and has the conformance kit look at it. Exit code 1 when the folder is not empty.',
    )
    .addOption(
      new Option('-l, --language <language>', 'what it is written in')
        .choices(WORKER_LANGUAGES)
        .makeOptionMandatory(),
    )
    .option('-d, --dir <folder>', 'where to; its last part becomes the name', 'my-worker')
    .option('--json', 'print one JSON object: {folder, name, files}')
    .action(({ language, dir, json }: { language: WorkerLanguage; dir: string; json?: boolean }) => {
      const written = scaffoldWorker(language, dir);
      if (json) {
        console.log(JSON.stringify(written));
        return;
      }
      const { folder, name, files } = written;
      const where = relative(process.cwd(), folder) || '.';
      console.log(
        `${mark.ok()} ${name}: a worker in ${LANGUAGE_NAMES[language]}, ${files.length} files in ${where}\n`,
      );
      for (const step of [...(where === '.' ? [] : [`cd ${where}`]), ...NEXT_STEPS[language]])
        console.log(`  ${step}`);
      console.log(`\nREADME.md says what is where.`);
    });
  return new Command('new')
    .summary('start a project of your own')
    .description('Writes a project to start from into a folder: docs/workers.md says what to do with it.')
    .addCommand(worker);
}
