import { Icon } from '@meetoperator/ui';
import { useTranslation } from 'react-i18next';
import styles from './EncryptionBadge.module.css';
import type { TileEncryption } from './tile-encryption';

/** The shield of a tile. When its frames do not decrypt, the whole tile says so. */
export function EncryptionBadge({ state }: { readonly state: TileEncryption }) {
  const { t } = useTranslation();
  if (state === 'none') return null;
  if (state === 'failing') return <p className={styles.failing} role="alert" data-testid="tile-not-decrypted"><Icon name="warning" size={28} />{t('e2ee.failing')}</p>;
  return <span className={styles.badge} role="img" aria-label={t('e2ee.encrypted')} title={t('e2ee.encrypted')} data-testid="tile-encrypted"><Icon name="shield" size={16} /></span>;
}
