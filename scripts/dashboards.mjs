/** `npm run dashboards -- <folder>`: writes the Grafana dashboards of deploy/grafana as JSON. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DASHBOARDS, grafanaOf } from '../deploy/grafana/dashboards.mjs';
import { fail, say } from './run.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined)
  fail(new Error('name the folder that Grafana reads: npm run dashboards -- <folder>'));
const to = resolve(folder);
mkdirSync(to, { recursive: true });
for (const dashboard of DASHBOARDS)
  writeFileSync(join(to, `${dashboard.uid}.json`), `${JSON.stringify(grafanaOf(dashboard), null, 2)}\n`);
say(`${DASHBOARDS.length} dashboards in ${to}`);
