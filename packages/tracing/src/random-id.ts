/** Ids of traces and spans in W3C's form: random, in lower-case hex, never all zeros. */

/** 16 bytes. */
export function randomTraceId(): string {
  return randomWord(0) + randomWord(0) + randomSpanId();
}

/** 8 bytes. */
export function randomSpanId(): string {
  return randomWord(0) + randomWord(1);
}

/** @param least of its value; 4 bytes */
function randomWord(least: number): string {
  return (least + Math.floor(Math.random() * (0x1_0000_0000 - least))).toString(16).padStart(8, '0');
}
