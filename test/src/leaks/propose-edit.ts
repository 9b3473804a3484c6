/** Has an edit wait for a second person: a patch with a marked card, of a question whose worker failed. */
import { until } from '../until.js';
import { MARKED } from './marked.js';

export type AskAdmin = {
  get(path: string): Promise<string>;
  post(path: string, order: object): Promise<string>;
};

/** @returns the proposal's id */
export async function proposeEdit(admin: AskAdmin): Promise<string> {
  const { name } = await until('the letter of the question', async () => {
    const { items } = JSON.parse(await admin.get('/letters?operation=sync')) as { items: { name: string }[] };
    return items[0];
  });
  const card = { card_number: MARKED.patchCard, card_holder_name: MARKED.holder };
  const order = { patch: { payment_method: { card } }, reason: 'leak test' };
  const answer = await admin.post(`/letters/${name}/edit`, order);
  const { proposed } = JSON.parse(answer) as { proposed?: readonly { id: string }[] };
  if (proposed?.[0] === undefined) throw new Error(`the edit does not wait: ${answer}`);
  return proposed[0].id;
}
