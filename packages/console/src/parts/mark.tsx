/** A state as icon and word. The colour only repeats what they say. */
import { Icon, type IconName } from './icon.js';

export type Tone = 'good' | 'plain' | 'busy' | 'warn' | 'bad';
export type MarkProps = {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
  readonly title?: string;
};

export function Mark({ tone, icon, word, title }: MarkProps) {
  return (
    <span class={`mark mark-${tone}`} title={title}>
      <Icon name={icon} />
      <span class="mark-word">{word}</span>
    </span>
  );
}
