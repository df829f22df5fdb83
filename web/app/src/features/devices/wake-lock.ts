import { useEffect } from 'react';

/**
 * Keeps the screen on while the meeting is visible. Browsers release the lock of a hidden page, so it is requested again when the page is visible. Where the browser has no such lock, or refuses it to save the
 * battery, the screen turns off as usual. Returns a function that releases the lock.
 */
export function keepScreenOn(page: Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'>, locks: Pick<WakeLock, 'request'> | undefined): () => void {
  let lock: WakeLockSentinel | null = null;
  let isOver = false;
  const request = async () => {
    if (page.visibilityState !== 'visible' || (lock !== null && !lock.released)) return;
    const next = await locks?.request('screen').catch(() => null) ?? null;
    if (isOver || (lock !== null && !lock.released)) void next?.release();
    else lock = next;
  };
  const changed = () => void request();
  page.addEventListener('visibilitychange', changed);
  void request();
  return () => {
    isOver = true;
    page.removeEventListener('visibilitychange', changed);
    void lock?.release();
  };
}

export function useWakeLock(): void {
  // Absent in older browsers and on pages without HTTPS.
  useEffect(() => keepScreenOn(document, (navigator as { wakeLock?: WakeLock }).wakeLock), []);
}
