import { useTitle } from '../../navigation/useTitle';
import styles from './WaitingPage.module.css';

export function WaitingPage({ text }: { readonly text: string }) {
  useTitle();
  return (
    <main className={styles.page} aria-busy="true" data-testid="waiting">
      <span className={styles.dots} aria-hidden="true"><i /><i /><i /></span>
      <h1 role="status">{text}</h1>
    </main>
  );
}
