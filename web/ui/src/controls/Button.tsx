import type { ComponentProps } from 'react';
import { Icon, type IconName } from '../icons/Icon';
import styles from './Button.module.css';

type Props = ComponentProps<'button'> & {
  readonly look?: 'primary' | 'quiet' | 'danger';
  readonly icon?: IconName;
  readonly busy?: boolean;
  readonly wide?: boolean;
};

export function Button({ look = 'quiet', icon, busy = false, wide = false, children, className, disabled, ...rest }: Props) {
  return (
    <button type="button" {...rest} className={[styles.button, styles[look], wide && styles.wide, className].filter(Boolean).join(' ')}
      aria-busy={busy || undefined} disabled={disabled ?? busy}>
      {busy ? <span className={styles.spinner} aria-hidden="true" /> : icon !== undefined && <Icon name={icon} size={20} />}
      {children}
    </button>
  );
}

type IconButtonProps = ComponentProps<'button'> & { readonly icon: IconName; readonly label: string };

export function IconButton({ icon, label, className, ...rest }: IconButtonProps) {
  return (
    <button type="button" title={label} aria-label={label} {...rest} className={[styles.icon, className].filter(Boolean).join(' ')}>
      <Icon name={icon} size={20} />
    </button>
  );
}
