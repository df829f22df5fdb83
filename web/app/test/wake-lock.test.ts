import { describe, expect, it } from 'vitest';
import { keepScreenOn } from '../src/features/devices/wake-lock';

class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';
  show(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

class Locks {
  readonly given: { released: boolean; release: () => Promise<void> }[] = [];
  refuse = false;
  async request(): Promise<WakeLockSentinel> {
    if (this.refuse) throw new DOMException('low battery', 'NotAllowedError');
    const lock = { released: false, release: async () => { lock.released = true; } };
    this.given.push(lock);
    return lock as unknown as WakeLockSentinel;
  }
  get held(): number {
    return this.given.filter(lock => !lock.released).length;
  }
}

const settle = async (): Promise<void> => { for (let turn = 0; turn < 10; turn++) await Promise.resolve(); };

describe('the screen during a meeting', () => {
  it('stays on until the meeting is left', async () => {
    const locks = new Locks();
    const stop = keepScreenOn(new Page(), locks);
    await settle();
    expect(locks.held).toBe(1);
    stop();
    expect(locks.held).toBe(0);
  });

  it('stays on again after the page was hidden, which releases the lock', async () => {
    const page = new Page();
    const locks = new Locks();
    keepScreenOn(page, locks);
    await settle();
    page.show('hidden');
    locks.given[0]!.released = true;
    await settle();
    expect(locks.held).toBe(0);
    page.show('visible');
    await settle();
    expect(locks.held).toBe(1);
  });

  it('is not kept on by a lock that arrives after the meeting was left, nor by two locks', async () => {
    const page = new Page();
    const locks = new Locks();
    const stop = keepScreenOn(page, locks);
    page.show('visible');
    stop();
    await settle();
    expect(locks.held).toBe(0);
    const second = new Locks();
    keepScreenOn(page, second);
    page.show('visible');
    await settle();
    expect(second.held).toBe(1);
  });

  it('turns off as usual where the browser refuses or has no lock', async () => {
    const locks = new Locks();
    locks.refuse = true;
    keepScreenOn(new Page(), locks)();
    keepScreenOn(new Page(), undefined)();
    await settle();
    expect(locks.held).toBe(0);
  });
});
