import { expect, it } from 'vitest';
import { exchange, success } from '../testing/exchanges.js';
import { refuseWhileClosing } from './refuse-while-closing.js';

it('sends until the bridge closes, and nothing from then on', async () => {
  let isClosing = false;
  let sent = 0;
  const send = refuseWhileClosing(() => isClosing)(async () => {
    sent++;
    return success;
  });
  expect(await send(exchange())).toEqual(success);
  isClosing = true;
  await expect(send(exchange())).rejects.toMatchObject({ code: 'SHUTTING_DOWN', phase: 'before_send' });
  expect(sent).toBe(1);
});
