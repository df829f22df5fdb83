import { Dialog } from '@meetoperator/ui';
import { useTranslation } from 'react-i18next';
import styles from './VerificationDialog.module.css';

interface Props {
  readonly phrase: string | null;
  readonly onClose: () => void;
}

/** Shows the verification phrase, which people compare by voice. */
export function VerificationDialog({ phrase, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog title={t('e2ee.title')} closeLabel={t('app.close')} onClose={onClose} testId="verification">
      <p>{t('e2ee.explanation')}</p>
      <p className={styles.phrase} data-testid="verification-phrase" aria-live="polite">{phrase ?? t('e2ee.computing')}</p>
      <p>{t('e2ee.compare')}</p>
      <p>{t('e2ee.chat')}</p>
    </Dialog>
  );
}
