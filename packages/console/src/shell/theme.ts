/** Dark or light: as the system says, until somebody chooses. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';

export type ThemeChoice = 'system' | 'light' | 'dark';
export type Theme = { readonly choice: Signal<ThemeChoice>; readonly isDark: ReadonlySignal<boolean> };

const KEY = 'nats-bridge.theme';
export const THEME_CHOICES: readonly ThemeChoice[] = ['system', 'light', 'dark'];

export function followTheme(): Theme {
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  const systemIsDark = signal(system.matches);
  system.addEventListener('change', ({ matches }) => {
    systemIsDark.value = matches;
  });
  const stored = localStorage.getItem(KEY);
  const choice = signal<ThemeChoice>(THEME_CHOICES.find((known) => known === stored) ?? 'system');
  const isDark = computed(() => (choice.value === 'system' ? systemIsDark.value : choice.value === 'dark'));
  effect(() => {
    localStorage.setItem(KEY, choice.value);
    document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light';
  });
  return { choice, isDark };
}
