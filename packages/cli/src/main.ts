#!/usr/bin/env node
/** The nats-bridge command. Exit codes: 0 done, 1 it did not work, 2 it was asked for wrongly; what a command means by others, it says itself. */
import { endWithReader } from './output/end-with-reader.js';
import { runCommand } from './run-command.js';

endWithReader(process);
const code = await runCommand(process.argv.slice(2));
if (code !== undefined) process.exitCode = code;
