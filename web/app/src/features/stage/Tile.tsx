import type { TrackQuality } from '@meetoperator/client';
import { Avatar, Icon, IconButton } from '@meetoperator/ui';
import type { TFunction } from 'i18next';
import { memo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EncryptionBadge } from '../e2ee/EncryptionBadge';
import type { TileEncryption } from '../e2ee/tile-encryption';
import { QualityBadge } from '../quality/QualityBadge';
import { VideoView } from '../video/VideoView';
import styles from './Tile.module.css';
import type { TileModel } from './tiles';

interface Props {
  readonly tile: TileModel;
  readonly speaking: boolean;
  /** Null while it is unknown. */
  readonly quality: TrackQuality | null;
  /** The line cannot take the video. The last picture stays, dimmed. */
  readonly paused: boolean;
  readonly encryption: TileEncryption;
  readonly pinned: boolean;
  /** Pins the tile with this key, or releases it. Has a stable identity. */
  readonly onPin: (key: string) => void;
}

export const Tile = memo(function Tile({ tile, speaking, quality, paused, encryption, pinned, onPin }: Props) {
  const { t } = useTranslation();
  const { participant, source, track } = tile;
  const [shown, setShown] = useState<MediaStreamTrack | null>(null);
  const name = nameOf(t, tile);
  const ownScreen = source === 'screen' && participant.isSelf;
  const muted = source === 'camera' && !participant.audio;
  return (
    <article className={styles.tile} data-testid="tile" data-participant={participant.id} data-source={source} data-self={participant.isSelf}
      data-speaking={speaking} data-muted={muted} data-quality={quality ?? undefined} aria-label={source === 'screen' ? name : labelOf(t, name, muted, track !== undefined)}>
      {source === 'camera' && <Avatar name={participant.displayName} seed={participant.id} />}
      {ownScreen && <p className={styles.sharing}><Icon name="screen" size={40} />{t('stage.sharingScreen')}</p>}
      {!ownScreen && layersOf(shown, track).map(layer => (
        <VideoView key={layer.id} track={layer} className={source === 'screen' ? styles.screen : styles.video} data-mirrored={participant.isSelf}
          data-ready={shown === layer} data-paused={paused} onLoadedData={() => setShown(layer)} />
      ))}
      {paused && <p className={styles.paused} data-testid="tile-paused"><Icon name="warning" size={16} />{t('stage.videoPaused')}</p>}
      <EncryptionBadge state={encryption} />
      {!participant.isSelf && (
        <IconButton icon="pin" label={t('stage.pinTile', { name })} title={t(pinned ? 'stage.unpin' : 'stage.pin')} aria-pressed={pinned} className={styles.pin}
          data-testid="pin" data-pins={tile.key} onClick={() => onPin(tile.key)} />
      )}
      <footer className={styles.caption}>
        {muted && <span className={styles.muted} data-testid="tile-muted"><Icon name="mic-off" size={16} /></span>}
        <bdi className={styles.name} data-testid="tile-name">{name}</bdi>
        <QualityBadge quality={quality} />
      </footer>
    </article>
  );
});

/** After a media restart, the last picture of the old track stays visible until the new track delivers its first. */
function layersOf(shown: MediaStreamTrack | null, track: MediaStreamTrack | undefined): MediaStreamTrack[] {
  if (track === undefined) return [];
  return shown === null || shown === track ? [track] : [shown, track];
}

function nameOf(t: TFunction, { participant: { displayName, isSelf }, source }: TileModel): string {
  if (source === 'screen') return isSelf ? t('stage.ownScreen') : t('stage.screenOf', { name: displayName });
  return isSelf ? t('stage.self', { name: displayName }) : displayName;
}

function labelOf(t: TFunction, name: string, muted: boolean, video: boolean): string {
  return [name, t(muted ? 'stage.microphoneOff' : 'stage.microphoneOn'), t(video ? 'stage.cameraOn' : 'stage.cameraOff')].join(', ');
}
