import { Button } from '../ui/Button';
import { useCopyLink } from '../ui/useCopyLink';
import styles from './AloneCard.module.css';

export function AloneCard({ link }: { readonly link: string }) {
  const [state, copy] = useCopyLink(link);
  return (
    <section className={styles.card} data-testid="alone">
      <h2>You’re the first one here</h2>
      <p>Send this link to the people you want to see.</p>
      <p className={styles.link} data-testid="alone-link">{link}</p>
      <Button look="primary" icon={state === 'copied' ? 'check' : 'link'} onClick={copy}>{state === 'copied' ? 'Copied' : 'Copy link'}</Button>
      {state === 'refused' && <p className={styles.note}>Your browser does not allow it: select the link above and copy it.</p>}
    </section>
  );
}
