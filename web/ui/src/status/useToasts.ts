import { useCallback, useEffect, useRef, useState } from 'react';
import { announce } from './announcer';

export interface Toast {
  readonly id: number;
  readonly text: string;
}

const shownMs = 5_000;
const maxToasts = 3;

export function useToasts(): readonly [readonly Toast[], (text: string) => void] {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const next = useRef(0);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useEffect(() => {
    const running = timers.current;
    return () => { for (const timer of running) clearTimeout(timer); };
  }, []);
  const show = useCallback((text: string) => {
    const id = next.current++;
    setToasts(before => [...before, { id, text }].slice(-maxToasts));
    announce(text);
    const timer = setTimeout(() => {
      timers.current.delete(timer);
      setToasts(before => before.filter(toast => toast.id !== id));
    }, shownMs);
    timers.current.add(timer);
  }, []);
  return [toasts, show];
}
