/** The screens: where they are, what they are called, and what draws them. */
import type { ComponentType } from 'preact';
import { AuditScreen } from '../audit/audit-screen.js';
import { BreakersScreen } from '../breakers/breakers-screen.js';
import { LetterScreen } from '../letters/letter-screen.js';
import { LettersScreen } from '../letters/letters-screen.js';
import { OverviewScreen } from '../overview/overview-screen.js';
import type { IconName } from '../parts/icon.js';
import { PaymentScreen } from '../payment/payment-screen.js';
import { PaymentsScreen } from '../payments/payments-screen.js';
import { SettingsScreen } from '../settings/settings-screen.js';
import { StreamsScreen } from '../streams/streams-screen.js';
import { WorkersScreen } from '../workers/workers-screen.js';

/** Parts of the path, as they are after decoding. */
export type ScreenProps = { readonly parts: readonly string[] };

export type Screen = {
  readonly path: string;
  readonly title: string;
  /** On a phone, where the title is too long. */
  readonly shortTitle?: string;
  readonly icon: IconName;
  readonly component: ComponentType<ScreenProps>;
  /** What is shown for `path/…`. */
  readonly detail?: ComponentType<ScreenProps>;
};

export const SCREENS: readonly Screen[] = [
  { path: '/', title: 'Overview', icon: 'overview', component: OverviewScreen },
  {
    path: '/payments',
    title: 'Payments',
    icon: 'payments',
    component: PaymentsScreen,
    detail: PaymentScreen,
  },
  {
    path: '/letters',
    title: 'Dead letters and interventions',
    shortTitle: 'Letters',
    icon: 'letters',
    component: LettersScreen,
    detail: LetterScreen,
  },
  { path: '/workers', title: 'Workers', icon: 'workers', component: WorkersScreen },
  { path: '/streams', title: 'Streams', icon: 'streams', component: StreamsScreen },
  {
    path: '/breakers',
    title: 'Breakers and limits',
    shortTitle: 'Breakers',
    icon: 'breakers',
    component: BreakersScreen,
  },
  { path: '/audit', title: 'Audit', icon: 'audit', component: AuditScreen },
  { path: '/settings', title: 'Settings', icon: 'settings', component: SettingsScreen },
];

export type Place = {
  readonly screen: Screen;
  readonly component: ComponentType<ScreenProps>;
  readonly parts: readonly string[];
};

/** undefined where nothing is. */
export function placeAt(path: string): Place | undefined {
  const [first = '', ...rest] = path.split('/').slice(1);
  const parts = rest.filter((part) => part !== '').map(decodePart);
  const screen = SCREENS.find((known) => known.path === `/${first}`);
  if (screen === undefined) return undefined;
  if (parts.length === 0) return { screen, component: screen.component, parts };
  return screen.detail && { screen, component: screen.detail, parts };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // an address typed by hand
  }
}
