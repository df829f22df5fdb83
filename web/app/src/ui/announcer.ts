/** What a screen reader is told; the latest sentence wins. */
type Listener = (sentence: string) => void;
const listeners = new Set<Listener>();

export function announce(sentence: string): void {
  for (const listener of listeners) listener(sentence);
}

export function onAnnounce(listener: Listener): () => void {
  listeners.add(listener);
  return () => { listeners.delete(listener); };
}
