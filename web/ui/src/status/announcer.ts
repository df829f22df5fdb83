type Listener = (sentence: string) => void;
const listeners = new Set<Listener>();

/** Passes a sentence to screen readers. A new sentence replaces the previous one. */
export function announce(sentence: string): void {
  for (const listener of listeners) listener(sentence);
}

export function onAnnounce(listener: Listener): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}
