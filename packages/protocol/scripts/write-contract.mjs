/** Writes the contract's documents beside the derived schema, from the code that enforces them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asyncApi, jsonSchemas } from '../dist/index.js';

const folder = fileURLToPath(new URL('../generated/contract/', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
mkdirSync(folder, { recursive: true });
const documents = { ...jsonSchemas(), 'asyncapi.json': asyncApi(version) };
for (const [name, document] of Object.entries(documents))
  writeFileSync(join(folder, name), `${JSON.stringify(document, null, 2)}\n`);
