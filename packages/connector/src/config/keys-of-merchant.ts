/** Whose keys count for a merchant: those of his own workers, where he has some, otherwise those of all. */
export function keysOfMerchant(
  {
    workers,
    merchants,
  }: {
    readonly workers: readonly string[];
    readonly merchants: Readonly<Record<string, readonly string[]>>;
  },
  merchantId: string,
): readonly string[] {
  // A merchant may be called `constructor`.
  return Object.hasOwn(merchants, merchantId) ? (merchants[merchantId] ?? workers) : workers;
}
