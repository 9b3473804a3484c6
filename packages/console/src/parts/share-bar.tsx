/** A share of a limit, drawn; the number stands beside it. */
export function ShareBar({ share, label }: { readonly share: number; readonly label: string }) {
  const width = Math.min(Math.max(share, 0), 1) * 100;
  return (
    <svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="share-whole" width="100" height="6" />
      <rect class={width > 80 ? 'share-part share-high' : 'share-part'} width={width} height="6" />
    </svg>
  );
}
