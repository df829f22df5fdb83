/** Where browsers show that the network may be another one. Any may be missing. */
export interface NetworkSources {
  /** Has `online`. */
  readonly window?: EventTarget | undefined;
  /** `navigator.connection`. Firefox and Safari have none. */
  readonly connection?: EventTarget | undefined;
  readonly page?: (EventTarget & { readonly visibilityState: DocumentVisibilityState }) | undefined;
  /** `Environment.monotonicNow`. */
  readonly now: () => number;
}

/** Who looks at the page again after this time may sit in another place. */
const longHiddenMs = 60_000;

/**
 * Calls `seen` when the network may be another one than before: the browser is online again, says that the connection has changed, or shows the page again after a long time. Most signs mean nothing: Chromium
 * reports each new estimate of the round trip as a change. Returns a function that stops watching.
 */
export function watchNetworkSigns({ window, connection, page, now }: NetworkSources, seen: () => void): () => void {
  let hiddenAt: number | null = null;
  const shown = () => {
    if (page?.visibilityState !== 'visible') {
      hiddenAt ??= now();
      return;
    }
    if (hiddenAt !== null && now() - hiddenAt >= longHiddenMs) seen();
    hiddenAt = null;
  };
  const watched = [[window, 'online', seen], [connection, 'change', seen], [page, 'visibilitychange', shown]] as const;
  for (const [source, type, listener] of watched) source?.addEventListener?.(type, listener);
  shown();
  return () => { for (const [source, type, listener] of watched) source?.removeEventListener?.(type, listener); };
}
