/** Who the token belongs to. */
import { route } from '../route.js';
import { session } from '../schema/installation.js';

export const sessionRoutes = [
  route({
    method: 'get',
    path: '/session',
    summary: 'Whose token this is, and what it may do.',
    role: 'viewer',
    answer: session,
    handle: (_, { by }) => by,
  }),
];
