import type { MeetingSnapshot, ShownTrack, StatsSummary } from '@meetoperator/client';
import { useElementSize } from '@meetoperator/ui';
import { useCallback, useEffect, useRef, useState, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { tileEncryption } from '../e2ee/tile-encryption';
import { AloneCard } from '../invitation/AloneCard';
import { withoutPictures } from '../quality/audio-only';
import { gridLayout, tilesThatFit } from './grid-layout';
import styles from './Stage.module.css';
import { Tile } from './Tile';
import { arrange, largeTile, pinnedTile, withPinned, type TileModel } from './tiles';
import { useShownTracks } from './useShownTracks';

interface Props {
  readonly snapshot: MeetingSnapshot;
  readonly audioOnly: boolean;
  readonly speaking: ReadonlySet<string>;
  readonly stats: StatsSummary | null;
  readonly link: string;
  readonly maxTiles: number;
  /** Gets the tracks that the stage shows, and the IDs of the pinned participants, who stay pinned while nothing is shown. */
  readonly onShown: (tracks: readonly ShownTrack[], pinned: readonly string[]) => void;
}

const gap = 10;

export function Stage({ snapshot, audioOnly, speaking, stats, link, maxTiles, onShown }: Props) {
  const { t } = useTranslation();
  const [measure, size] = useElementSize();
  const stage = useRef<HTMLElement>(null);
  const ref = useCallback((element: HTMLElement | null) => {
    stage.current = element;
    return measure(element);
  }, [measure]);
  const { self, participants, activeSpeaker } = audioOnly ? withoutPictures(snapshot) : snapshot;
  const [pinned, setPinned] = useState<string | null>(null);
  const [previousLast, setPreviousLast] = useState<string | null>(null);
  const qualities = new Map(stats?.tiles.map(one => [`${one.participantId}:${one.source}`, one.quality]));
  const pausedTiles = new Set(snapshot.paused.map(({ participantId, source }) => `${participantId}:${source}`));
  const large = largeTile(self, participants, pinned);
  const pinnedId = pinnedTile(snapshot.participants, pinned)?.participant.id ?? null;
  if (pinned !== null && pinnedId === null) setPinned(null); // its screen or its participant is gone
  const tall = size.width < size.height;
  const capacity = large === null ? tilesThatFit(size.width, size.height) : Math.max(2, Math.floor((tall ? size.width / 150 : size.height / 130)));
  const { screens, people, hidden, lastPlace } = arrange(self, participants, activeSpeaker, Math.min(capacity, maxTiles), large, previousLast);
  if (lastPlace !== previousLast) setPreviousLast(lastPlace);
  const strip = [...screens, ...people];
  const arrangement = [size.width, size.height, pinned, large?.key, ...strip.map(tile => tile.key)].join(' ');
  const showTracks = useCallback((tracks: readonly ShownTrack[]) => onShown(withPinned(tracks, pinned), pinnedId === null ? [] : [pinnedId]), [onShown, pinned, pinnedId]);
  useShownTracks(stage, size.width > 0 ? arrangement : null, showTracks);

  // A tile that becomes large, or ends to be, is drawn anew, and the focus must stay on its button. One that loses its place has none, so the focus goes to the stage.
  const toggled = useRef<string | null>(null);
  const togglePin = useCallback((key: string) => {
    toggled.current = key;
    setPinned(current => (current === key ? null : key));
  }, []);
  useEffect(() => {
    if (toggled.current !== null) (stage.current?.querySelector<HTMLElement>(`[data-pins="${CSS.escape(toggled.current)}"]`) ?? stage.current)?.focus();
    toggled.current = null;
  }, [pinned]);

  const render = (tile: TileModel) => (
    <Tile key={tile.key} tile={tile} speaking={tile.source === 'camera' && speaking.has(tile.participant.id)} quality={qualities.get(tile.key) ?? null}
      paused={pausedTiles.has(tile.key)} encryption={tileEncryption(snapshot.encryption, tile.participant, tile.source)} pinned={tile.key === pinned} onPin={togglePin} />
  );
  const more = hidden > 0 && <div className={styles.more} data-testid="more-tile">{t('stage.more', { count: hidden })}</div>;

  if (large !== null) {
    return (
      <section className={styles.stage} aria-label={t('stage.participants')} ref={ref} tabIndex={-1} data-testid="stage" data-layout={large.key === pinned ? 'pinned' : 'screen'}>
        <div className={tall ? styles.presentTall : styles.present}>
          <div className={styles.main}>{render(large)}</div>
          <div className={styles.strip}>{strip.map(render)}{more}</div>
        </div>
      </section>
    );
  }

  const alone = participants.length === 0;
  const count = people.length + (hidden > 0 ? 1 : 0) + (alone ? 1 : 0);
  const layout = gridLayout(count, size.width, size.height, gap);
  const style = { '--columns': layout.columns, '--tile-width': `${layout.tileWidth}px`, '--tile-height': `${layout.tileHeight}px` } as CSSProperties;
  return (
    <section className={styles.stage} aria-label={t('stage.participants')} ref={ref} tabIndex={-1} data-testid="stage" data-layout="grid">
      <div className={styles.grid} style={style}>
        {alone && snapshot.connection.phase !== 'connecting' ? <AloneCard link={link} /> : alone && <div className={styles.waiting} />}
        {people.map(render)}
        {more}
      </div>
    </section>
  );
}
