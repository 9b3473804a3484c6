/** What must stand nowhere, and how it is looked for: in every dress that data wears by accident. */
import { gunzipSync, inflateSync } from 'node:zlib';

export type Mark = { readonly name: string; readonly value: string };

/** As it is, in base64 at each alignment, base64url, hex, URL encoding and UTF-16. MessagePack leaves text as it is. */
function dressesOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const aligned = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The characters at both ends depend on what stands beside.
    return encoded.slice(offset === 0 ? 0 : 4, Math.floor(((offset + bytes.length) * 8) / 6) - 1);
  });
  const hex = bytes.toString('hex');
  return [
    value,
    ...aligned,
    ...aligned.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(value),
    value.replaceAll(' ', '+'),
    Buffer.from(value, 'utf16le').toString('latin1'),
  ];
}

/** @param text bytes as latin1 where they are no text */
export function marksIn(text: string, marks: readonly Mark[]): string[] {
  const whole = withUnpacked(text);
  return marks
    .filter(({ value }) => dressesOf(value).some((dress) => whole.includes(dress)))
    .map(({ name }) => name);
}

/** Random, and of sixteen digits now and then: as `traceparent` (W3C), and as OTLP in JSON. */
const SPAN_ID = /(?<=\b00-[\da-f]{32}-)[\da-f]{16}(?=-0[01])|(?<="(?:parentS|s)panId":")[\da-f]{16}(?=")/g;

/** How long a stream keeps what it has, in nanoseconds. */
const MAX_AGE = /(?<="max_age": ?)\d+/g;

/** Numbers of 13 to 19 digits that could be cards: the check digit fits, and a card scheme begins so. */
export function cardNumbersIn(text: string): string[] {
  return [
    ...withUnpacked(text)
      .replaceAll(SPAN_ID, '')
      .replaceAll(MAX_AGE, '')
      .matchAll(/(?<![\dA-Za-z.])[2-6]\d{12,18}(?![\dA-Za-z])/g),
  ]
    .map(([digits]) => digits)
    .filter(hasCheckDigit);
}

/** Luhn. */
function hasCheckDigit(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = index % 2 === 1 ? Number(digit) * 2 : Number(digit);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** Gzip and zlib streams that stand in it are added as what they hold. */
function withUnpacked(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  const found = [text];
  for (const [magic, unpack] of [
    ['1f8b08', gunzipSync],
    ['789c', inflateSync],
  ] as const)
    for (let at = bytes.indexOf(magic, 0, 'hex'); at >= 0; at = bytes.indexOf(magic, at + 1, 'hex'))
      try {
        found.push(unpack(bytes.subarray(at)).toString('latin1'));
      } catch {
        // No beginning of anything packed.
      }
  return found.join('\n');
}
