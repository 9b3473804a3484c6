/** CSV that a spreadsheet reads back as it was, and does not run. */
import { expect, it } from 'vitest';
import { toCsv } from './csv.js';

it('quotes what needs it, and makes text of formulas', () => {
  const rows = [
    { who: 'jo, "the" one', what: '=HYPERLINK("x")', times: -2 },
    { who: '', what: 'a\nb', times: 3 },
  ];
  const csv = toCsv(
    [
      { title: 'who', value: ({ who }) => who },
      { title: 'what', value: ({ what }) => what },
      { title: 'times', value: ({ times }) => times },
    ],
    rows,
  );
  expect(csv).toBe('who,what,times\r\n"jo, ""the"" one","\'=HYPERLINK(""x"")",-2\r\n,"a\nb",3\r\n');
});
