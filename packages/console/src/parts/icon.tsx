/** The icons: strokes on a grid of 16, in the colour of the text; always beside a word, so hidden from readers. */

const PATHS = {
  overview: 'M2 11a6 6 0 0 1 12 0M8 11l3-4M2 13h12',
  payments: 'M1.5 4h13v8.5h-13zM1.5 7h13M4 10h3',
  letters: 'M1.5 3.5h13v9h-13zM1.5 4l6.5 5 6.5-5',
  workers: 'M3 3h10v4H3zM3 9h10v4H3zM5.5 5h.01M5.5 11h.01',
  streams:
    'M1.5 5c2-2 4-2 6.5 0s4.5 2 6.5 0M1.5 9c2-2 4-2 6.5 0s4.5 2 6.5 0M1.5 13c2-2 4-2 6.5 0s4.5 2 6.5 0',
  breakers: 'M1 8h4M11 8h4M5 8l5-4M5 8h.01M11 8h.01',
  audit: 'M3.5 1.5h9v13h-9zM6 5h4M6 8h4M6 11h2',
  settings: 'M2 4h7M13 4h1M2 12h1M7 12h7M9 2.5v3M5 10.5v3M2 8h12',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  check: 'M3 8.5l3.5 3.5L13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  clock: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M8 4.5V8l2.5 2',
  question: 'M5.5 6a2.5 2.5 0 1 1 3.5 2.3c-.8.4-1 .8-1 1.7M8 12.8h.01',
  arrow: 'M2.5 8h11M9.5 4l4 4-4 4',
  slash: 'M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M3.5 12.5l9-9',
  warning: 'M8 2l6.5 11.5h-13zM8 6.5v3M8 11.5h.01',
  critical: 'M5.3 1.5h5.4l3.8 3.8v5.4l-3.8 3.8H5.3L1.5 10.7V5.3zM8 5v3.5M8 11h.01',
  search: 'M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2M10.7 10.7L14 14',
  download: 'M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11',
  retry: 'M13.5 8A5.5 5.5 0 1 1 11.8 4M12 1v3.2H8.8',
  edit: 'M2.5 13.5l.8-3.3L11 2.5l2.5 2.5-7.7 7.7zM9.5 4l2.5 2.5',
  trash: 'M2.5 4h11M6 4V2.5h4V4M4 4l.6 9.5h6.8L12 4',
  stamp: 'M3 13.5h10M4 11h8V9H9.3V6.5a2 2 0 1 0-2.6 0V9H4z',
  copy: 'M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  system: 'M1.5 3h13v8h-13zM5.5 14h5M8 11v3',
  leave: 'M6 2.5H2.5v11H6M6.5 8h8M11.5 5l3 3-3 3',
  eye: 'M1 8s2.5-4.5 7-4.5S15 8 15 8s-2.5 4.5-7 4.5S1 8 1 8M8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
