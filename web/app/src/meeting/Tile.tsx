import { memo, useState } from 'react';
import { VideoView } from '../media/VideoView';
import { Avatar } from '../ui/Avatar';
import { Icon } from '../ui/Icon';
import type { TileModel } from './tiles';
import styles from './Tile.module.css';

interface Props {
  readonly tile: TileModel;
  readonly speaking: boolean;
  readonly weak: boolean;
}

export const Tile = memo(function Tile({ tile, speaking, weak }: Props) {
  const { participant, source, track } = tile;
  const [shown, setShown] = useState<MediaStreamTrack | null>(null);
  const name = participant.isSelf ? `${participant.displayName} (you)` : participant.displayName;
  const ownScreen = source === 'screen' && participant.isSelf;
  const muted = source === 'camera' && !participant.audio;
  return (
    <article className={styles.tile} data-testid="tile" data-participant={participant.id} data-source={source} data-self={participant.isSelf}
      data-speaking={speaking} data-muted={muted} aria-label={labelOf(name, source, muted, track !== undefined)}>
      {source === 'camera' && <Avatar name={participant.displayName} seed={participant.id} />}
      {ownScreen && <p className={styles.sharing}><Icon name="screen" size={40} />You are sharing your screen</p>}
      {!ownScreen && layersOf(shown, track).map(layer => (
        <VideoView key={layer.id} track={layer} className={source === 'screen' ? styles.screen : styles.video} data-mirrored={participant.isSelf}
          data-ready={shown === layer} onLoadedData={() => setShown(layer)} />
      ))}
      <footer className={styles.caption}>
        {muted && <span className={styles.muted} data-testid="tile-muted"><Icon name="mic-off" size={16} /></span>}
        <bdi className={styles.name} data-testid="tile-name">{source === 'screen' ? `${participant.isSelf ? 'Your' : `${participant.displayName}’s`} screen` : name}</bdi>
        {weak && <span className={styles.weak} title="Weak connection"><Icon name="warning" size={16} /></span>}
      </footer>
    </article>
  );
});

/** When the media path moves, the last picture of the old track stays until the new one has its first. */
function layersOf(shown: MediaStreamTrack | null, track: MediaStreamTrack | undefined): MediaStreamTrack[] {
  if (track === undefined) return [];
  return shown === null || shown === track ? [track] : [shown, track];
}

function labelOf(name: string, source: 'camera' | 'screen', muted: boolean, video: boolean): string {
  if (source === 'screen') return `Screen of ${name}`;
  return `${name}, microphone ${muted ? 'off' : 'on'}, camera ${video ? 'on' : 'off'}`;
}
