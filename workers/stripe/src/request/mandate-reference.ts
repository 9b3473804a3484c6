/** What later charges name: at Stripe, a stored payment method and the customer it belongs to. */

export function mandateReference(paymentMethodId: string) {
  return {
    connector_mandate_id: {
      connector_mandate_id: paymentMethodId,
      payment_method_id: paymentMethodId,
    },
  };
}

/** Ids of Stripe come as text, or as the object where they were expanded. */
export function idOf(reference: string | { readonly id: string } | null | undefined): string | undefined {
  if (reference === null || reference === undefined) return undefined;
  return typeof reference === 'string' ? reference : reference.id;
}
