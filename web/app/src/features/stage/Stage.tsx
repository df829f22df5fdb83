import type { MeetingSnapshot, ShownTrack, StatsSummary } from '@meetoperator/client';
import { useElementSize } from '@meetoperator/ui';
import { useCallback, useRef, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { tileEncryption } from '../e2ee/tile-encryption';
import { AloneCard } from '../invitation/AloneCard';
import { gridLayout, tilesThatFit } from './grid-layout';
import styles from './Stage.module.css';
import { Tile } from './Tile';
import { arrange, type TileModel } from './tiles';
import { useShownTracks } from './useShownTracks';

interface Props {
  readonly snapshot: MeetingSnapshot;
  readonly speaking: ReadonlySet<string>;
  readonly stats: StatsSummary | null;
  readonly link: string;
  readonly maxTiles: number;
  readonly onShown: (tracks: readonly ShownTrack[]) => void;
}

const gap = 10;

export function Stage({ snapshot, speaking, stats, link, maxTiles, onShown }: Props) {
  const { t } = useTranslation();
  const [measure, size] = useElementSize();
  const stage = useRef<HTMLElement>(null);
  const ref = useCallback((element: HTMLElement | null) => {
    stage.current = element;
    return measure(element);
  }, [measure]);
  const { self, participants, activeSpeaker } = snapshot;
  const qualities = new Map(stats?.tiles.map(one => [`${one.participantId}:${one.source}`, one.quality]));
  const pausedTiles = new Set(snapshot.paused.map(({ participantId, source }) => `${participantId}:${source}`));
  const screenShown = [self, ...participants].some(participant => participant.tracks.screen !== undefined);
  const tall = size.width < size.height;
  const capacity = screenShown ? Math.max(2, Math.floor((tall ? size.width / 150 : size.height / 130))) : tilesThatFit(size.width, size.height);
  const { screens, people, hidden } = arrange(self, participants, activeSpeaker, Math.min(capacity, maxTiles));
  const arrangement = [size.width, size.height, ...screens, ...people].map(part => (typeof part === 'number' ? part : part.key)).join(' ');
  useShownTracks(stage, size.width > 0 ? arrangement : null, onShown);
  const render = (tile: TileModel) => (
    <Tile key={tile.key} tile={tile} speaking={tile.source === 'camera' && speaking.has(tile.participant.id)} quality={qualities.get(tile.key) ?? null}
      paused={pausedTiles.has(tile.key)} encryption={tileEncryption(snapshot.encryption, tile.participant, tile.source)} />
  );
  const more = hidden > 0 && <div className={styles.more} data-testid="more-tile">{t('stage.more', { count: hidden })}</div>;

  if (screens.length > 0) {
    const [main, ...otherScreens] = screens as [TileModel, ...TileModel[]];
    return (
      <section className={styles.stage} aria-label={t('stage.participants')} ref={ref} data-testid="stage" data-layout="screen">
        <div className={tall ? styles.presentTall : styles.present}>
          <div className={styles.main}>{render(main)}</div>
          <div className={styles.strip}>{[...otherScreens, ...people].map(render)}{more}</div>
        </div>
      </section>
    );
  }

  const alone = participants.length === 0;
  const count = people.length + (hidden > 0 ? 1 : 0) + (alone ? 1 : 0);
  const layout = gridLayout(count, size.width, size.height, gap);
  const style = { '--columns': layout.columns, '--tile-width': `${layout.tileWidth}px`, '--tile-height': `${layout.tileHeight}px` } as CSSProperties;
  return (
    <section className={styles.stage} aria-label={t('stage.participants')} ref={ref} data-testid="stage" data-layout="grid">
      <div className={styles.grid} style={style}>
        {alone && snapshot.connection.phase !== 'connecting' ? <AloneCard link={link} /> : alone && <div className={styles.waiting} />}
        {people.map(render)}
        {more}
      </div>
    </section>
  );
}
