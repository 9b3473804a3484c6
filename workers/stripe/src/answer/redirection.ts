/** Where Stripe wants the customer to go, as Hyperswitch's form. */

type NextAction = {
  readonly type: string;
  readonly redirect_to_url?: { readonly url: string | null } | null;
};

/** undefined where the next action is none of a browser's own, such as a step in Stripe's SDK. */
export function redirectionOf(action: NextAction | null | undefined) {
  const address = action?.redirect_to_url?.url;
  if (!address) return undefined;
  const url = new URL(address);
  const form_fields = Object.fromEntries(url.searchParams);
  // A form that is sent with GET replaces the query of its address.
  url.search = '';
  return { form: { endpoint: url.href, method: 'HTTP_METHOD_GET', form_fields } };
}
