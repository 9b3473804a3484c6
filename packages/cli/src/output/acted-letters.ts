/** What came of an order about letters, for people and programs. */
import { type Acted, letterName, shownActed } from '@nats-bridge/connector';
import type { CommandOptions } from '../options/command-options.js';
import { mark } from './terminal.js';

/** For a person: `done`, or that somebody else has to agree first. */
export function outcomeOf(acted: Acted, done: string): string {
  if (acted.kind === 'done') return `${mark.ok()} ${done}`;
  const { id, letter, expiresAt } = acted.proposal;
  return `${mark.warning()} ${letterName(letter)} waits for a second person until ${expiresAt.toISOString()}: nats-bridge dlq approve ${id}`;
}

/** @param text of all that were acted on */
export function said({ json }: CommandOptions, all: readonly Acted[], text: string): void {
  console.log(json ? JSON.stringify(shownActed(all)) : text);
}
