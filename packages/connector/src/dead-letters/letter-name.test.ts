import { expect, it } from 'vitest';
import { type LetterPlace, letterName, parseLetterName } from './letter-name.js';

it.each<[string, LetterPlace]>([
  ['d3', { queue: 'dead_letters', seq: 3 }],
  ['i7', { queue: 'interventions', seq: 7 }],
])('%s names one letter, and is read as that one', (name, place) => {
  expect(letterName(place)).toBe(name);
  expect(parseLetterName(name)).toEqual(place);
});

it.each(['', 'd', '3', 'x3', 'd3 ', 'd-3', 'D3', 'a12', 'd1234567890123456'])('%j names none', (name) => {
  expect(parseLetterName(name)).toBeUndefined();
});
