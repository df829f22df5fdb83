import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostTokens } from '../src/storage/host-tokens';

class FakeStorage {
  readonly #items = new Map<string, string>();
  get length(): number { return this.#items.size; }
  key(index: number): string | null { return [...this.#items.keys()][index] ?? null; }
  getItem(key: string): string | null { return this.#items.get(key) ?? null; }
  setItem(key: string, value: string): void { this.#items.set(key, value); }
  removeItem(key: string): void { this.#items.delete(key); }
}

beforeEach(() => {
  vi.stubGlobal('localStorage', new FakeStorage());
  vi.stubGlobal('sessionStorage', new FakeStorage());
});
afterEach(() => { vi.unstubAllGlobals(); });

describe('host tokens', () => {
  it('a host token is visible in its own tab only', () => {
    hostTokens.set('m1', 'token');
    expect(hostTokens.get('m1')).toBe('token');
    expect(localStorage.length).toBe(0);
    vi.stubGlobal('sessionStorage', new FakeStorage());
    expect(hostTokens.get('m1')).toBeUndefined();
  });

  it('host tokens of earlier versions move from local storage to the tab', () => {
    localStorage.setItem('meet.host.m1', 'one');
    localStorage.setItem('meet.name', 'Ada');
    localStorage.setItem('meet.host.m2', 'two');
    hostTokens.migrateFromLocalStorage();
    expect([hostTokens.get('m1'), hostTokens.get('m2')]).toEqual(['one', 'two']);
    expect([localStorage.length, localStorage.getItem('meet.name')]).toEqual([1, 'Ada']);
  });

  it('host tokens are not kept where storage is blocked', () => {
    vi.stubGlobal('localStorage', undefined);
    vi.stubGlobal('sessionStorage', undefined);
    hostTokens.migrateFromLocalStorage();
    hostTokens.set('m1', 'token');
    expect(hostTokens.get('m1')).toBeUndefined();
  });
});
