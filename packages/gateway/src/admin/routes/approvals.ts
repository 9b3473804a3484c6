/** Actions that wait for a second person: seen, approved, refused. */
import { type Proposal, shownProposal } from '@nats-bridge/connector';
import type { Approvable } from '@nats-bridge/protocol';
import { ROLES, type Role } from '../admin-config.js';
import type { AdminWorld } from '../admin-world.js';
import type { Principal } from '../authenticate.js';
import { type Place, pageOf } from '../page-of.js';
import { AdminProblem, acted, route } from '../route.js';
import { decision, proposal, proposalDetail, proposalPage, proposalQuery } from '../schema/letters.js';

/** Who approves may do it himself: the same roles as for the action. */
const ROLE_FOR: Readonly<Record<Approvable, Role>> = {
  retry_unknown: 'admin',
  edit: 'admin',
  resolve: 'operator',
  discard: 'operator',
};

export const approvalRoutes = [
  route({
    method: 'get',
    path: '/approvals',
    summary: 'Actions that wait for a second person, and those that did; newest first.',
    role: 'viewer',
    query: proposalQuery,
    answer: proposalPage,
    async handle({ bridge, letters }, { query }) {
      const all = (await letters.approvals.list()).filter(
        ({ state }) => !query.waiting || state === 'waiting',
      );
      const page = pageOf(all, placeOf, query);
      return {
        ...page,
        items: page.items.map(shownProposal),
        required_for: [...bridge.config.approvals.required_for],
      };
    },
  }),
  route({
    method: 'get',
    path: '/approvals/{id}',
    summary: 'One of them; of an edit also what it changes, masked.',
    role: 'viewer',
    answer: proposalDetail,
    async handle(world, { params: { id = '' } }) {
      const found = await proposalNamed(world, id);
      const patch = await world.letters.approvals.shownPatch(id);
      return { ...shownProposal(found), ...(patch !== undefined && { patch }) };
    },
  }),
  route({
    method: 'post',
    path: '/approvals/{id}/approve',
    summary: 'Agrees to what somebody else proposed, and carries it out. Asks for the role of the action.',
    role: 'operator',
    body: decision,
    answer: proposal,
    async handle(world, { params: { id = '' }, body: { reason }, by }) {
      assertRole(by, await proposalNamed(world, id));
      return shownProposal(await acted(world.letters.approvals.approve(id, { who: by.who, why: reason })));
    },
  }),
  route({
    method: 'post',
    path: '/approvals/{id}/refuse',
    summary:
      'Refuses it. Asks for the role of the action; whoever proposed it can take it back this way all the same.',
    role: 'operator',
    body: decision,
    answer: proposal,
    async handle(world, { params: { id = '' }, body: { reason }, by }) {
      const found = await proposalNamed(world, id);
      if (found.proposed.who !== by.who) assertRole(by, found);
      return shownProposal(await acted(world.letters.approvals.refuse(id, { who: by.who, why: reason })));
    },
  }),
];

function placeOf({ id, proposed }: Proposal): Place {
  return [proposed.at.getTime(), Number(id.slice(1))];
}

async function proposalNamed({ letters }: AdminWorld, id: string): Promise<Proposal> {
  const found = await letters.approvals.get(id);
  if (found === undefined)
    throw new AdminProblem(404, 'NOT_FOUND', `there is no proposal ${id}: it never was, or is too old`);
  return found;
}

function assertRole({ who, role }: Principal, { action }: Proposal): void {
  const needed = ROLE_FOR[action];
  if (ROLES.indexOf(role) < ROLES.indexOf(needed))
    throw new AdminProblem(403, 'FORBIDDEN', `${action} is for the role ${needed}, and ${who} is ${role}`);
}
