/** The whole terminal as a place to draw on, given back as it was. */

export type Screen = {
  /** @param lines as many as there are rows */
  draw(lines: readonly string[]): void;
  readonly columns: number;
  readonly rows: number;
  close(): void;
};

const OTHER_BUFFER = '\u001b[?1049h';
const OWN_BUFFER = '\u001b[?1049l';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';

/** q, Ctrl-C and Ctrl-D: a terminal in raw mode makes no signals of them. */
const QUITS = new Set(['q', 'Q', '\u0003', '\u0004']);

/** @param onResize draws again @param onQuit was asked for by q or Ctrl-C */
export function openScreen(
  { stdin, stdout }: Pick<NodeJS.Process, 'stdin' | 'stdout'>,
  { onResize, onQuit }: { readonly onResize: () => void; readonly onQuit: () => void },
): Screen {
  const onKey = (key: Buffer) => {
    if ([...key.toString()].some((pressed) => QUITS.has(pressed))) onQuit();
  };
  stdout.write(OTHER_BUFFER + HIDE_CURSOR);
  stdout.on('resize', onResize);
  if (stdin.isTTY) {
    stdin.setRawMode(true);
    stdin.on('data', onKey);
  }
  return {
    // One write, so that no half of a frame is seen. A line is cleared before it is written: behind its last column
    // the cursor still stands on it.
    draw: (lines) => void stdout.write(HOME + lines.map((line) => CLEAR_LINE + line).join('\r\n')),
    get columns() {
      return stdout.columns;
    },
    get rows() {
      return stdout.rows;
    },
    close() {
      stdout.off('resize', onResize);
      if (stdin.isTTY) {
        stdin.off('data', onKey);
        stdin.setRawMode(false);
        stdin.pause();
      }
      stdout.write(SHOW_CURSOR + OWN_BUFFER);
    },
  };
}
