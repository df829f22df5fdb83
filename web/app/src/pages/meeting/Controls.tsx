import { Icon, type IconName } from '@meetoperator/ui';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './Controls.module.css';

interface ControlProps {
  readonly icon: IconName;
  readonly text: string;
  readonly testId: string;
  readonly onClick: () => void;
  /** The state of a toggle. Its text stays the same, because screen readers announce the state separately. */
  readonly pressed?: boolean;
  readonly look?: 'off' | 'active' | 'leave' | 'danger' | undefined;
  readonly hint?: string;
  readonly disabled?: boolean;
  readonly expands?: boolean;
  /** The number of unread messages. */
  readonly badge?: number;
}

export function Control({ icon, text, testId, onClick, pressed, look, hint, disabled, expands, badge = 0 }: ControlProps) {
  const { t } = useTranslation();
  return (
    <button type="button" className={[styles.control, look && styles[look]].filter(Boolean).join(' ')} onClick={onClick} disabled={disabled} title={hint}
      aria-pressed={expands ? undefined : pressed} aria-expanded={expands ? pressed : undefined} data-testid={testId}>
      <span className={styles.face}><Icon name={icon} size={22} /></span>
      {badge > 0 && (
        <span className={styles.badge} data-testid={`${testId}-badge`}>
          <span aria-hidden="true">{badge > 99 ? '99+' : badge}</span>
          <span className="visually-hidden">{t('chat.unread', { count: badge })}</span>
        </span>
      )}
      <span className={styles.text}>{text}</span>
    </button>
  );
}

export function ControlBar({ children, end }: { readonly children: ReactNode; readonly end: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={styles.bar} role="toolbar" aria-label={t('meeting.controls')} id="controls" tabIndex={-1}>
      <div className={styles.group}>{children}</div>
      <div className={styles.group}>{end}</div>
    </div>
  );
}
