import { Button } from '@meetoperator/ui';
import { useTranslation } from 'react-i18next';
import styles from './AloneCard.module.css';
import { useCopyLink } from './useCopyLink';

export function AloneCard({ link }: { readonly link: string }) {
  const { t } = useTranslation();
  const [state, copy] = useCopyLink(link);
  return (
    <section className={styles.card} data-testid="alone">
      <h2>{t('alone.title')}</h2>
      <p>{t('alone.text')}</p>
      <p className={styles.link} data-testid="alone-link">{link}</p>
      <Button look="primary" icon={state === 'copied' ? 'check' : 'link'} onClick={copy}>{t(state === 'copied' ? 'meeting.copied' : 'meeting.copyLink')}</Button>
      {state === 'blocked' && <p className={styles.note}>{t('alone.copyBlocked')}</p>}
    </section>
  );
}
