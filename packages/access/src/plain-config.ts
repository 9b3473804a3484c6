/** The accounts as plain server configuration: users with nkeys or passwords, and their permissions. */
import type { AccountPlan, Export, Import } from './account-plan.js';

/** How the server knows a user. */
export type UserProof =
  | { readonly kind: 'nkey'; readonly publicKey: string }
  | { readonly kind: 'password'; readonly password: string };

/** @param proofs by user */
export function renderPlainConfig(
  plans: readonly AccountPlan[],
  proofs: ReadonlyMap<string, UserProof>,
): string {
  const accounts = plans.map((plan) => renderAccount(plan, proofs.get(plan.user)));
  return ['accounts {', ...accounts, '}', ''].join('\n');
}

function renderAccount(plan: AccountPlan, proof: UserProof | undefined): string {
  if (proof === undefined) throw new TypeError(`${plan.user} has no key or password`);
  const { allow, deny } = plan.publish;
  const lines = [
    `  ${quote(plan.name)}: {`,
    ...(plan.hasStreams ? ['    jetstream: enabled'] : []),
    '    users: [',
    '      {',
    `        ${renderProof(plan.user, proof)}`,
    '        permissions: {',
    `          publish: { allow: ${list(allow, 12)}${deny.length > 0 ? `, deny: ${list(deny, 12)}` : ''} }`,
    `          subscribe: { allow: ${list(plan.subscribe, 12)} }`,
    ...(plan.mayRespond ? ['          allow_responses: { max: 1, expires: "1m" }'] : []),
    '        }',
    '      }',
    '    ]',
    ...block('exports', plan.exports.map(renderExport)),
    ...block('imports', plan.imports.map(renderImport)),
    '  }',
  ];
  return lines.join('\n');
}

function renderProof(user: string, proof: UserProof): string {
  return proof.kind === 'nkey'
    ? `nkey: ${proof.publicKey}`
    : `user: ${quote(user)}, password: ${quote(proof.password)}`;
}

function renderExport({ subject, answers, to }: Export): string {
  const type = answers === 'many' ? ', response_type: stream' : '';
  return `{ service: ${quote(subject)}${type}, accounts: [${to.map(quote).join(', ')}] }`;
}

function renderImport({ subject, from, local }: Import): string {
  const to = local === subject ? '' : `, to: ${quote(local)}`;
  return `{ service: { account: ${quote(from)}, subject: ${quote(subject)} }${to} }`;
}

function block(name: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [`    ${name}: [`, ...items.map((item) => `      ${item}`), '    ]'];
}

function list(subjects: readonly string[], indent: number): string {
  const pad = ' '.repeat(indent);
  return `[\n${subjects.map((subject) => `${pad}${quote(subject)}`).join('\n')}\n${pad.slice(2)}]`;
}

/** Quoted, so that the server takes no `$` for a variable of its own. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
