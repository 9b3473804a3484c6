/** A command in a real terminal of a given size: what it draws, and keys for it. Python has one at hand, Node has not. */
import { spawn } from 'node:child_process';
import { PYTHON } from './worker-process.js';

const PROGRAM = `
import fcntl, os, pty, select, struct, sys, termios
size = struct.pack('HHHH', int(sys.argv[1]), int(sys.argv[2]), 0, 0)
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execvp(sys.argv[3], sys.argv[3:])
while True:
    for ready in select.select([terminal, 0], [], [])[0]:
        try:
            data = os.read(ready, 65536)
        except OSError:
            data = b''
        if ready == 0:
            if data: os.write(terminal, data)
            continue
        if not data: sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        os.write(1, data)
`;

export type Terminal = {
  /** Everything written to it, escape sequences included. */
  written(): string;
  press(keys: string): void;
  /** Exit code, once the command has ended. */
  readonly ended: Promise<number | null>;
  kill(): void;
};

export function openTerminal(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Terminal {
  const child = spawn(PYTHON, ['-c', PROGRAM, String(rows), String(columns), ...command], {
    // Node gives a terminal under CI no colours.
    env: { ...process.env, CI: undefined, TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  const decoder = new TextDecoder();
  child.stdout.on('data', (chunk: Buffer) => {
    text += decoder.decode(chunk, { stream: true });
  });
  return {
    written: () => text,
    press: (keys) => void child.stdin.write(keys),
    ended: new Promise((resolve) => child.once('exit', resolve)),
    kill: () => void child.kill('SIGKILL'),
  };
}
