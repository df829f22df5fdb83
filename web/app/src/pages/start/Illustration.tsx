import styles from './Illustration.module.css';

/** The decorative picture of a meeting on the start page. */
export function Illustration() {
  return (
    <svg className={styles.art} viewBox="0 0 520 460" aria-hidden="true" focusable="false">
      <g className={styles.a}>
        <rect className={styles.spruce} x="0" y="40" width="250" height="190" rx="34" />
        <circle className={styles.skin1} cx="125" cy="118" r="40" />
        <path className={styles.coat1} d="M48 230c4-48 34-72 77-72s73 24 77 72z" />
        <path className={styles.hair1} d="M84 118c-4-34 18-52 42-52s44 16 40 50c-12-2-22-10-28-22-10 16-30 24-54 24z" />
      </g>
      <g className={styles.b}>
        <rect className={styles.apricot} x="272" y="0" width="248" height="230" rx="34" />
        <circle className={styles.skin2} cx="396" cy="106" r="42" />
        <path className={styles.coat2} d="M312 230c4-54 38-82 84-82s80 28 84 82z" />
        <path className={styles.hair2} d="M352 128c-8-44 8-74 44-74s54 28 44 72c-2-20-8-34-18-42-16 10-40 12-56 8-8 10-12 20-14 36z" />
      </g>
      <g className={styles.c}>
        <rect className={styles.lilac} x="0" y="252" width="250" height="208" rx="34" />
        <circle className={styles.skin3} cx="125" cy="342" r="42" />
        <path className={styles.coat3} d="M42 460c4-54 38-78 83-78s79 24 83 78z" />
        <path className={styles.hair3} d="M82 342c-2-32 16-50 43-50s45 18 43 50c-8-12-14-20-22-24-18 6-44 4-50 0-6 6-10 12-14 24z" />
      </g>
      <g className={styles.d}>
        <rect className={styles.paper} x="272" y="252" width="248" height="168" rx="34" />
        <path className={styles.line} d="M312 300h120M312 332h160M312 364h84" />
        <circle className={styles.dot} cx="474" cy="300" r="10" />
      </g>
    </svg>
  );
}
