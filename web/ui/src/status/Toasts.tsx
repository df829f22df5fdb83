import styles from './Toasts.module.css';
import type { Toast } from './useToasts';

/** Short messages. Hidden from screen readers, for which the `Announcer` repeats them. */
export function Toasts({ toasts }: { readonly toasts: readonly Toast[] }) {
  return (
    <div className={styles.toasts} data-testid="toasts" aria-hidden="true">
      {toasts.map(toast => <p key={toast.id} dir="auto">{toast.text}</p>)}
    </div>
  );
}
