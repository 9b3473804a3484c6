import { expect, it } from 'vitest';
import { csvLine } from './csv.js';

it('a line of CSV is read back as it was', () => {
  expect(csvLine(['jo, "the" one', 'a\nb', 3, -2, null, undefined])).toBe(
    '"jo, ""the"" one","a\nb",3,-2,,\r\n',
  );
});

it.each(['=', '+', '-', '@', '\t', '\r'])('a text that begins with %j is no formula', (sign) => {
  expect(csvLine([`${sign}1`])).toMatch(/^"?'/);
});
