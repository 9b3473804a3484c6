/** Puts together what `nats-bridge new worker` copies: the templates, and the example workers, which are their heart. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const templates = fileURLToPath(new URL('../templates/', import.meta.url));
const examples = fileURLToPath(new URL('../../../workers/examples/', import.meta.url));
const target = fileURLToPath(new URL('../generated/worker-templates/', import.meta.url));

/** Files of the examples, by the language that takes them. */
const FROM_EXAMPLES = {
  python: [
    'python/disciplined_worker.py',
    'python/guarded_run.py',
    'python/claim.py',
    'python/answer.py',
    'python/operation_record.py',
    'python/sealing.py',
    'python/signing.py',
    'python/generate_contract.py',
    'python/requirements.txt',
    'python/requirements-dev.txt',
  ],
  go: [
    'go/disciplined/main.go',
    'go/disciplined/handle.go',
    'go/disciplined/guarded.go',
    'go/disciplined/claim.go',
    'go/disciplined/answer.go',
    'go/disciplined/record.go',
    'go/disciplined/sealing.go',
    'go/disciplined/signing.go',
    'go/go.mod',
    'go/go.sum',
  ],
};
const GO_MODULE = 'example.com/my-worker';

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
cpSync(templates, target, { recursive: true });
for (const [language, files] of Object.entries(FROM_EXAMPLES))
  for (const file of files) cpSync(join(examples, file), join(target, language, file.split('/').at(-1)));
for (const file of ['main.go', 'handle.go', 'answer.go', 'processor.go', 'go.mod'])
  inModule(join(target, 'go', file));

/** The examples are one module of several programs, a scaffolded worker is a module of its own. */
function inModule(file) {
  const text = readFileSync(file, 'utf8')
    .replaceAll('github.com/nats-bridge/examples/disciplined', GO_MODULE)
    .replaceAll('github.com/nats-bridge/examples', GO_MODULE);
  writeFileSync(file, text);
}
