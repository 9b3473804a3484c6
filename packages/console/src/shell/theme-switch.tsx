/** Dark, light, or as the system says. */
import { useConsole } from '../console-context.js';
import { Icon } from '../parts/icon.js';
import { THEME_CHOICES, type ThemeChoice } from './theme.js';

const ICONS = { system: 'system', light: 'sun', dark: 'moon' } as const;

export function ThemeSwitch() {
  const { theme } = useConsole();
  const choice = theme.choice.value;
  const next = THEME_CHOICES[(THEME_CHOICES.indexOf(choice) + 1) % THEME_CHOICES.length] as ThemeChoice;
  return (
    <button
      type="button"
      class="button button-quiet"
      aria-label={`Colours: ${choice}. Switch to ${next}`}
      title={`Colours: ${choice}`}
      onClick={() => {
        theme.choice.value = next;
      }}
    >
      <Icon name={ICONS[choice]} />
    </button>
  );
}
