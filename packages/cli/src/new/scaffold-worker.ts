/** Writes the project of a new worker: a copy of its language's template, under its own name, with the contract. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonSchemas, makeFolder } from '@nats-bridge/protocol';

export const WORKER_LANGUAGES = ['ts', 'python', 'go'] as const;
export type WorkerLanguage = (typeof WORKER_LANGUAGES)[number];

export type ScaffoldedWorker = {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
  /** Relative to the folder, sorted. */
  readonly files: readonly string[];
};

const TEMPLATES = fileURLToPath(new URL('../../generated/worker-templates/', import.meta.url));
/** What the templates are called until they have a name. */
const PLACEHOLDER = 'my-worker';
const SCHEMAS = ['request.schema.json', 'response.schema.json'];

/** @throws Error that says what to do, when the folder holds anything or the templates were not built */
export function scaffoldWorker(language: WorkerLanguage, dir: string): ScaffoldedWorker {
  const folder = resolve(dir);
  assertEmpty(folder);
  const template = join(TEMPLATES, language);
  if (!existsSync(template))
    throw new Error(`the template in ${template} is missing: npm run build puts the templates together`);
  const name = nameOf(folder);
  const contents = new Map<string, string>();
  for (const file of filesIn(template)) {
    const text = readFileSync(join(template, file), 'utf8').replaceAll(PLACEHOLDER, name);
    // npm leaves .gitignore out of packages.
    contents.set(file === 'gitignore' ? '.gitignore' : file, text);
  }
  for (const [file, schema] of Object.entries(jsonSchemas()))
    if (SCHEMAS.includes(file)) contents.set(join('contract', file), `${JSON.stringify(schema, null, 2)}\n`);
  for (const [file, text] of contents) {
    makeFolder(dirname(join(folder, file)));
    writeFileSync(join(folder, file), text);
  }
  return { folder, name, files: [...contents.keys()].sort() };
}

function assertEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory())
    throw new Error(`${folder} is a file: name a folder with --dir that is empty or does not exist`);
  const [first] = readdirSync(folder);
  if (first !== undefined)
    throw new Error(
      `${folder} is not empty (it holds ${first}): name a folder with --dir that is empty or does not exist`,
    );
}

/** A name that npm, Go and the file system take. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name || PLACEHOLDER;
}

function filesIn(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory() ? filesIn(folder, path) : [path];
  });
}
