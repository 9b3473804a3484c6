/** The place of what is being loaded, of the height that it will have. */
export function Skeleton({ lines, label }: { readonly lines: number; readonly label: string }) {
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <span class="skeleton-line" key={`line ${line}`} />
      ))}
    </div>
  );
}
