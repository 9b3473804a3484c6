/** `npm run fuzz`: bytes that nobody should send, at both doors and as workers' replies. */
import { parseArgs } from 'node:util';
import { type FuzzOptions, fuzz } from './fuzz.js';

const HELP = `npm run fuzz -- [options]

  --inputs <n>            how many (1000000)
  --seed <n>              of all chance (1)
  --only <target>:<n>     plays one input again, as a finding names it: grpc:17, replies:17, sockets:17
  --json                  the last line is one JSON object

Ends with code 1 when something was found.`;

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function onlyOf(text: string | undefined): FuzzOptions['only'] {
  if (text === undefined) return undefined;
  const [, target, index] = /^(grpc|replies|sockets):(\d+)$/.exec(text) ?? [];
  if (target === undefined) throw new TypeError(`--only ${text}: write grpc:17, replies:17 or sockets:17`);
  return { target: target as 'grpc' | 'replies' | 'sockets', index: Number(index) };
}

if (values.help) console.log(HELP);
else {
  const report = await fuzz({
    inputs: Number(values.inputs),
    seed: Number(values.seed),
    only: onlyOf(values.only),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const rows = Object.entries(report.ends).sort(([a], [b]) => a.localeCompare(b));
  for (const [end, count] of rows) console.log(`${String(count).padStart(9)}  ${end}`);
  for (const [target, [warm, end]] of Object.entries(report.resident_mib))
    console.log(`${target}: ${warm} MiB when warm, ${end} MiB at its end`);
  for (const { target, index, what } of report.findings)
    console.log(`FOUND ${target}:${index} (seed ${report.seed}): ${what}`);
  console.log(`${report.inputs} inputs in ${report.seconds} s, ${report.findings.length} findings`);
  if (values.json) console.log(JSON.stringify(report));
  process.exitCode = report.ok ? 0 : 1;
}
