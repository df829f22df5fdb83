import { Icon } from '@meetoperator/ui';
import { useTranslation } from 'react-i18next';
import styles from './EncryptionBadge.module.css';
import type { TileEncryption } from './tile-encryption';

/** The shield of a tile, crossed out in a meeting that is not encrypted end to end. When frames do not decrypt, the whole tile says so. */
export function EncryptionBadge({ state }: { readonly state: TileEncryption }) {
  const { t } = useTranslation();
  if (state === 'none') return null;
  if (state === 'failing') return <p className={styles.failing} role="alert" data-testid="tile-not-decrypted"><Icon name="warning" size={28} />{t('e2ee.failing')}</p>;
  if (state === 'off') return <span className={styles.off} role="img" aria-label={t('e2ee.off')} title={t('e2ee.off')} data-testid="tile-not-encrypted"><Icon name="shield-off" size={16} /></span>;
  return <span className={styles.badge} role="img" aria-label={t('e2ee.encrypted')} title={t('e2ee.encrypted')} data-testid="tile-encrypted"><Icon name="shield" size={16} /></span>;
}
