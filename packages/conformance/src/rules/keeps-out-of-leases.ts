/** Rule: what another worker has claimed is left to it while its lease lasts, and taken over afterwards. */
import { isEnding } from '../heard.js';
import { hasRecord, NO_RECORD, putRecord } from '../put-record.js';
import { broken, type Finding, KEPT, type Rule } from '../rule.js';

const LEASE_MS = 1_500;
/** A nak may ask for a little more than the rest of the lease, and clocks differ. */
const TOLERANCE_MS = 100;

export const keepsOutOfLeases: Rule = {
  name: 'keeps-out-of-leases',
  demands:
    'gives a request that another worker has claimed back with nak and a delay, and takes it over when the lease is over',
  paragraph: 'docs/workers.md#the-record-in-any-language',
  mend: 'read the record when your claim is refused: while X-Lease-Until lies ahead, nak with the rest of it as delay; afterwards claim with the next attempt',
  of: ['guarded'],
  requests: 'that move money',
  async check(stage): Promise<Finding> {
    const call = await stage.newCall();
    if (!hasRecord(call)) return NO_RECORD;
    const leaseUntil = Date.now() + LEASE_MS;
    await putRecord(stage, call, 'claimed', { by: 'another worker', attempt: 1, leaseUntil });
    const asked = await stage.send(call, { deadlineAt: leaseUntil + stage.waitMs });
    const first = await asked.until((heard) => heard.find(isEnding), stage.waitMs);
    if (first === undefined) return broken('it was neither given back nor answered');
    if (first.kind === 'answer' && Date.now() < leaseUntil - TOLERANCE_MS)
      return broken('it was executed while the lease of another worker lasted');
    if (first.kind === 'said' && first.said !== 'nak')
      return broken(`it was settled with ${first.said} while another worker had it: nobody would answer it`);
    if (first.kind === 'said' && first.delayMs === undefined)
      return broken('the nak names no delay: it comes back at once, again and again');
    const answer = await stage.answerTo(asked, LEASE_MS + stage.waitMs);
    return answer === undefined ? broken('it was not taken over when the lease was over') : KEPT;
  },
};
