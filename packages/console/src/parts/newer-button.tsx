/** Says that something is newer than what is shown, over it, so that nothing moves when the button comes. */
import type { ComponentChildren } from 'preact';
import { Button } from './button.js';

export type NewerButtonProps = {
  /** Always drawn; the button only where this is true. */
  readonly isThere: boolean;
  readonly onShow: () => void;
  readonly children: ComponentChildren;
};

export function NewerButton({ isThere, onShow, children }: NewerButtonProps) {
  return (
    <div class="newer" role="status">
      {isThere && (
        <Button icon="retry" onClick={onShow}>
          {children}
        </Button>
      )}
    </div>
  );
}
