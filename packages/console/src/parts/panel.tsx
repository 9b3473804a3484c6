/** A part of a screen with a heading of its own. */
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export type PanelProps = {
  readonly title: string;
  readonly note?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
};

export function Panel({ title, note, actions, children, ...rest }: PanelProps) {
  const id = useId();
  return (
    <section class={`panel ${rest.class ?? ''}`} aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span class="panel-note">{note}</span>}
        {actions !== undefined && <span class="panel-actions">{actions}</span>}
      </header>
      {children}
    </section>
  );
}
