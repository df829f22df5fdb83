import { describe, expect, it } from 'vitest';
import { watchNetworkSigns } from '../src/core/network-signs.js';

class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';

  turn(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

/** What a browser shows, and how many signs were seen. */
function watching() {
  const [window, connection, page] = [new EventTarget(), new EventTarget(), new Page()];
  const clock = { now: 0 };
  let seen = 0;
  const stop = watchNetworkSigns({ window, connection, page, now: () => clock.now }, () => { seen++; });
  return { window, connection, page, clock, stop, seen: () => seen };
}

describe('a sign that the network is another one', () => {
  it('is that the browser is online again', () => {
    const { window, seen } = watching();
    window.dispatchEvent(new Event('offline'));
    expect(seen()).toBe(0);
    window.dispatchEvent(new Event('online'));
    expect(seen()).toBe(1);
  });

  it('is that the connection of the device has changed', () => {
    const { connection, seen } = watching();
    connection.dispatchEvent(new Event('change'));
    expect(seen()).toBe(1);
  });

  it('is that the page is seen again after a long time, and not after a short one', () => {
    const { page, clock, seen } = watching();
    page.turn('hidden');
    clock.now = 59_000;
    page.turn('visible');
    expect(seen()).toBe(0);
    page.turn('hidden');
    clock.now = 119_000;
    page.turn('visible');
    expect(seen()).toBe(1);
    clock.now = 300_000;
    page.turn('visible');
    expect(seen()).toBe(1);
  });

  it('is not seen any more after the end', () => {
    const { window, connection, stop, seen } = watching();
    stop();
    window.dispatchEvent(new Event('online'));
    connection.dispatchEvent(new Event('change'));
    expect(seen()).toBe(0);
  });

  it('is not needed from browsers that have none of them', () => {
    expect(() => watchNetworkSigns({ now: () => 0 }, () => {})()).not.toThrow();
  });
});
