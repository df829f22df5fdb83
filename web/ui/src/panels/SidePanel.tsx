import { useEffect, useRef, type ReactNode } from 'react';
import { IconButton } from '../controls/Button';
import styles from './SidePanel.module.css';

interface Props {
  readonly title: string;
  readonly closeLabel: string;
  readonly testId: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Moves the focus into the panel when it opens, and back when it closes. */
export function SidePanel({ title, closeLabel, testId, onClose, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    if (!(heading.current?.closest('aside')?.contains(before) ?? false)) heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected && (document.activeElement === document.body || document.activeElement === null)) before.focus();
    };
  }, []);
  return (
    <aside className={styles.panel} aria-label={title} data-testid={testId}
      onKeyDown={event => { if (event.key === 'Escape') onClose(); }}>
      <header className={styles.header}>
        <h2 ref={heading} tabIndex={-1}>{title}</h2>
        <IconButton icon="close" label={closeLabel} onClick={onClose} />
      </header>
      {children}
    </aside>
  );
}
