/** The command in this process, which has its modules already: what a process would end with and say. */
import { vi } from 'vitest';
import { runCommand } from '../run-command.js';

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** For what is done, or refused, before anything goes on by itself. Two at a time would mix what they say. */
export async function runHere(args: readonly string[]): Promise<Ended> {
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockReturnValue(true),
  );
  // The test runner has one of its own, which does not write there.
  const log = vi.spyOn(console, 'log').mockImplementation((text) => void process.stdout.write(`${text}\n`));
  try {
    const code = (await runCommand(args)) ?? 0;
    const [stdout = '', stderr = ''] = spies.map(({ mock }) =>
      mock.calls.map(([text]) => String(text)).join(''),
    );
    return { code, stdout, stderr };
  } finally {
    for (const spy of [...spies, log]) spy.mockRestore();
  }
}
