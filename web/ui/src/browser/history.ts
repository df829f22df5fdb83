import { useSyncExternalStore } from 'react';

/** Goes to another address of this page without a reload. */
export function navigate(path: string): void {
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
}

const subscribe = (changed: () => void) => {
  addEventListener('popstate', changed);
  return () => removeEventListener('popstate', changed);
};

/** The path of the current address. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname);
}
