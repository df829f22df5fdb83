import { useId, type ComponentProps, type ReactNode } from 'react';
import { Icon, type IconName } from '../icons/Icon';
import styles from './Field.module.css';

type TextProps = ComponentProps<'input'> & { readonly label: string; readonly error?: string | undefined; readonly hint?: string };

export function TextField({ label, error, hint, ...rest }: TextProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <input id={id} autoComplete="off" {...rest} className={styles.input} aria-invalid={error !== undefined || undefined}
        aria-describedby={note === undefined ? undefined : `${id}-note`} />
      {note !== undefined && <p id={`${id}-note`} className={error === undefined ? styles.hint : styles.error}>{note}</p>}
    </div>
  );
}

type AreaProps = ComponentProps<'textarea'> & { readonly label: string; readonly hint?: string };

/** A field for text of several lines. */
export function TextAreaField({ label, hint, ...rest }: AreaProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <textarea id={id} rows={3} dir="auto" {...rest} className={styles.area} aria-describedby={hint === undefined ? undefined : `${id}-note`} />
      {hint !== undefined && <p id={`${id}-note`} className={styles.hint}>{hint}</p>}
    </div>
  );
}

type SelectProps = ComponentProps<'select'> & { readonly label: string; readonly icon: IconName; readonly children: ReactNode };

export function SelectField({ label, icon, children, ...rest }: SelectProps) {
  const id = useId();
  return (
    <div className={styles.select}>
      <Icon name={icon} size={18} />
      <label htmlFor={id} className="visually-hidden">{label}</label>
      <select id={id} {...rest}>{children}</select>
    </div>
  );
}
