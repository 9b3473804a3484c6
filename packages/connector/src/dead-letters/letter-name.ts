/** How people name a letter: `d3` of the dead letters, `i7` of the interventions. */
import { type Queue, ValidationError } from '@nats-bridge/protocol';

export type LetterPlace = { readonly queue: Queue; readonly seq: number };

/** So many digits are exact as a number. */
export const LETTER_NAME = /^[di]\d{1,15}$/;

export function letterName({ queue, seq }: LetterPlace): string {
  return `${queue === 'interventions' ? 'i' : 'd'}${seq}`;
}

/** Of a letter that another person has retried, mended, resolved or discarded since it was looked at. */
export function letterGone(place: LetterPlace): ValidationError {
  return new ValidationError(`letter ${letterName(place)} is gone: it was dealt with meanwhile`);
}

/** @returns where the letter lies, if there is one; undefined for what names none */
export function parseLetterName(name: string): LetterPlace | undefined {
  if (!LETTER_NAME.test(name)) return undefined;
  return { queue: name.startsWith('i') ? 'interventions' : 'dead_letters', seq: Number(name.slice(1)) };
}
