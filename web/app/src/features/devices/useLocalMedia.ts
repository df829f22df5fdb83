import { useSyncExternalStore } from 'react';
import type { LocalMedia, LocalMediaSnapshot } from './local-media';

export function useLocalMedia(media: LocalMedia): LocalMediaSnapshot {
  return useSyncExternalStore(media.subscribe, media.snapshot);
}
