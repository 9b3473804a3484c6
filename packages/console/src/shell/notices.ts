/** Short notices of what an action did; said to screen readers too. */
import { type Signal, signal } from '@preact/signals';

export type Notice = { readonly id: number; readonly tone: 'good' | 'bad'; readonly text: string };
export type Notices = {
  readonly list: Signal<readonly Notice[]>;
  say(tone: Notice['tone'], text: string): void;
  dismiss(id: number): void;
};

const SHOWN_MS = 8_000;

export function createNotices(): Notices {
  const list = signal<readonly Notice[]>([]);
  let lastId = 0;
  const dismiss = (id: number) => {
    list.value = list.value.filter((notice) => notice.id !== id);
  };
  return {
    list,
    dismiss,
    say: (tone, text) => {
      lastId += 1;
      const id = lastId;
      list.value = [...list.value.slice(-2), { id, tone, text }];
      // What went wrong stays until somebody has read it.
      if (tone === 'good') setTimeout(() => dismiss(id), SHOWN_MS);
    },
  };
}
