import styles from './Avatar.module.css';
import { hueOf, initialsOf } from './initials';

export function Avatar({ name, seed, size = 'm' }: { readonly name: string; readonly seed: string; readonly size?: 's' | 'm' }) {
  return <span className={`${styles.avatar} ${styles[size]} ${styles[`hue${hueOf(seed)}`]}`} aria-hidden="true">{initialsOf(name)}</span>;
}
