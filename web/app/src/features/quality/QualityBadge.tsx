import type { TrackQuality } from '@meetoperator/client';
import { Icon } from '@meetoperator/ui';
import { useTranslation } from 'react-i18next';
import styles from './QualityBadge.module.css';

/** Marks a tile whose quality is not good. */
export function QualityBadge({ quality }: { readonly quality: TrackQuality | null }) {
  const { t } = useTranslation();
  if (quality === null || quality === 'good') return null;
  const text = t(`quality.tile.${quality}`);
  return (
    <span className={styles.badge} data-quality={quality} role="img" aria-label={text} title={text} data-testid="tile-quality">
      <Icon name={quality === 'paused' ? 'pause' : 'warning'} size={16} />
    </span>
  );
}
