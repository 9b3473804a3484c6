/** A process of its own for one drive in clear: prints which marks stand in the sinks that it is given the names of. */
import { drive } from './drive.js';
import { MARKS } from './marked.js';
import { marksIn } from './marks.js';
import { SINKS } from './ways-out.js';

const wanted = SINKS.filter((sink) => process.argv.includes(sink));
const { sinks } = await drive(false, wanted);
const found = Object.fromEntries(wanted.map((sink) => [sink, marksIn(sinks[sink], MARKS)]));
process.stdout.write(`${JSON.stringify(found)}\n`);
