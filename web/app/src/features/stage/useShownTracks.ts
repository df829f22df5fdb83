import type { ShownTrack } from '@meetoperator/client';
import { useEffect, useSyncExternalStore, type RefObject } from 'react';

/**
 * Reports which video tracks of others the stage shows, and in which size, whenever `arrangement` changes. It is null before the tiles have a size. A tab in the background
 * shows nothing.
 */
export function useShownTracks(stage: RefObject<HTMLElement | null>, arrangement: string | null, onShown: (tracks: readonly ShownTrack[]) => void): void {
  const visible = useSyncExternalStore(watchVisibility, () => document.visibilityState === 'visible');
  useEffect(() => {
    if (!visible) onShown([]);
    else if (arrangement !== null && stage.current !== null) onShown(tilesIn(stage.current));
  }, [stage, arrangement, visible, onShown]);
}

function watchVisibility(changed: () => void): () => void {
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
}

function tilesIn(stage: HTMLElement): ShownTrack[] {
  return [...stage.querySelectorAll<HTMLElement>('[data-participant][data-self="false"]')].map(tile => {
    const { width, height } = tile.getBoundingClientRect();
    return {
      participantId: tile.dataset['participant'] ?? '',
      source: tile.dataset['source'] === 'screen' ? 'screen' : 'camera',
      width: width * devicePixelRatio,
      height: height * devicePixelRatio,
    };
  });
}
