import { expect, it } from 'vitest';
import { createSlidingWindow } from './sliding-window.js';

it('says by how much a count has grown, and forgets what is older', () => {
  const window = createSlidingWindow(100);
  expect(window.increase()).toBe(0);
  window.add(0, 5);
  expect(window.increase(), 'what was there before is no growth').toBe(0);
  window.add(10, 7);
  window.add(60, 7);
  expect(window.increase()).toBe(2);
  window.add(100, 8);
  expect(window.increase()).toBe(3);
  window.add(101, 8);
  expect(window.increase(), 'the 5 is older than the window').toBe(1);
  window.add(300, 8);
  expect(window.increase()).toBe(0);
});

it('says the most there was, and when it was told last', () => {
  const window = createSlidingWindow(100);
  expect(window.most()).toBe(0);
  window.add(0, 3);
  window.add(50, 3);
  window.add(90, 1);
  expect(window.most()).toBe(3);
  window.add(150, 1);
  expect(window.most(), 'there were 3 until 50').toBe(3);
  window.add(151, 1);
  expect(window.most()).toBe(1);
  expect(window.lastAt()).toBe(151);
});
