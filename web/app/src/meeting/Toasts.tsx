import styles from './Toasts.module.css';
import type { Toast } from './useToasts';

/** Seen here, spoken by the announcer. */
export function Toasts({ toasts }: { readonly toasts: readonly Toast[] }) {
  return (
    <div className={styles.toasts} data-testid="toasts" aria-hidden="true">
      {toasts.map(toast => <p key={toast.id} dir="auto">{toast.text}</p>)}
    </div>
  );
}
