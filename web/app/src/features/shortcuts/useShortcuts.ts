import { useEffect, useRef } from 'react';
import { actionOf, type ShortcutAction } from './shortcuts';
import { singleKeyShortcuts } from './single-key-shortcuts';

type Handlers = Partial<Record<ShortcutAction, () => void>>;

function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest('input, textarea, select, dialog') !== null);
}

export function useShortcuts(handlers: Handlers): void {
  const latest = useRef(handlers);
  useEffect(() => { latest.current = handlers; });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || takesText(event.target)) return;
      const action = actionOf(event, singleKeyShortcuts.get());
      const handler = action === null ? undefined : latest.current[action];
      if (handler === undefined) return;
      event.preventDefault();
      handler();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}
