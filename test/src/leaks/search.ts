/** A process of its own for one drive in clear: prints which marks stand where. */
import { drive } from './drive.js';
import { MARKS } from './marked.js';
import { marksIn } from './marks.js';
import { SINKS } from './ways-out.js';

const { sinks } = await drive(false);
const found = Object.fromEntries(SINKS.map((sink) => [sink, marksIn(sinks[sink], MARKS)]));
process.stdout.write(`${JSON.stringify(found)}\n`);
