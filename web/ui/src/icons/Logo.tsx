import styles from './Logo.module.css';

/** The product's logo and name. */
export function Logo({ name }: { readonly name: string }) {
  return (
    <span className={styles.logo}>
      <svg width="30" height="30" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect className={styles.left} x="2" y="7" width="18" height="18" rx="6" />
        <rect className={styles.right} x="12" y="7" width="18" height="18" rx="9" />
        <path className={styles.both} d="M12 16a9 9 0 0 1 8-8.95V19a6 6 0 0 1-6 6h-.5A9 9 0 0 1 12 16z" />
      </svg>
      {name}
    </span>
  );
}
