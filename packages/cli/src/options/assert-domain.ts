/** Whether what a person wrote can be a JetStream domain. */
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError */
export function assertDomain(domain: string): void {
  if (!/^[^\s.*>]+$/.test(domain))
    throw new InvalidArgumentError(`${domain} is no JetStream domain: it has dots, stars or spaces`);
}
