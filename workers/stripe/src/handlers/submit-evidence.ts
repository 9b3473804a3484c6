/** Submit evidence: files and texts are kept with the dispute; defending it sends them. */
import type { HandlerResponse } from '@nats-bridge/worker';
import type { Stripe } from 'stripe';
import { disputeAnswer } from '../answer/dispute-answer.js';
import type { StripeCall } from '../call/stripe-call.js';
import { disputeIdOf } from '../request/dispute-id.js';
import { field } from '../request/request-reader.js';

type Document = {
  readonly evidence_type?: string;
  /** base64 */
  readonly file_content?: string;
  readonly file_mime_type?: string;
  readonly provider_file_id?: string;
  readonly text_content?: string;
};
type EvidenceField = keyof Stripe.DisputeUpdateParams.Evidence;

/** Where Stripe keeps a file, and where a text, of each UCS EvidenceType. */
const FIELDS: Readonly<Record<string, { readonly file: EvidenceField; readonly text: EvidenceField }>> = {
  CANCELLATION_POLICY: { file: 'cancellation_policy', text: 'cancellation_policy_disclosure' },
  CUSTOMER_COMMUNICATION: { file: 'customer_communication', text: 'uncategorized_text' },
  CUSTOMER_SIGNATURE: { file: 'customer_signature', text: 'uncategorized_text' },
  RECEIPT: { file: 'receipt', text: 'uncategorized_text' },
  REFUND_POLICY: { file: 'refund_policy', text: 'refund_policy_disclosure' },
  SERVICE_DOCUMENTATION: { file: 'service_documentation', text: 'uncategorized_text' },
  SHIPPING_DOCUMENTATION: { file: 'shipping_documentation', text: 'uncategorized_text' },
  INVOICE_SHOWING_DISTINCT_TRANSACTIONS: {
    file: 'duplicate_charge_documentation',
    text: 'duplicate_charge_explanation',
  },
};
const OTHER = { file: 'uncategorized_file', text: 'uncategorized_text' } as const;

export async function submitEvidence(call: StripeCall): Promise<HandlerResponse> {
  const { request, stripe, keyed } = call;
  const evidence: Partial<Record<EvidenceField, string>> = {};
  const ids: string[] = [];
  const documents = (field(request, 'evidence_documents') ?? []) as readonly Document[];
  for (const [index, document] of documents.entries()) {
    const fields = FIELDS[document.evidence_type ?? ''] ?? OTHER;
    const fileId = document.provider_file_id || (await upload(call, document, index));
    if (fileId !== undefined) {
      evidence[fields.file] = fileId;
      ids.push(fileId);
    }
    if (document.text_content)
      evidence[fields.text] = [evidence[fields.text], document.text_content].filter(Boolean).join('\n');
  }
  const params = { evidence, submit: false } as Stripe.DisputeUpdateParams;
  const answer = disputeAnswer(await stripe.disputes.update(disputeIdOf(request), params, keyed()));
  return { ...answer, response: { ...answer.response, submitted_evidence_ids: ids } };
}

async function upload(
  { stripe, keyed }: StripeCall,
  document: Document,
  index: number,
): Promise<string | undefined> {
  if (!document.file_content) return undefined;
  const type = document.file_mime_type ?? 'application/octet-stream';
  const file = { data: Buffer.from(document.file_content, 'base64'), name: `evidence_${index}`, type };
  const { id } = await stripe.files.create({ purpose: 'dispute_evidence', file }, keyed(`file_${index}`));
  return id;
}
