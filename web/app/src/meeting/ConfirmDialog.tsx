import { useTranslation } from 'react-i18next';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import styles from './ConfirmDialog.module.css';

interface Props {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function ConfirmDialog({ title, text, confirm, onConfirm, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog title={title} onClose={onClose} testId="confirm">
      <p className={styles.text} dir="auto">{text}</p>
      <div className={styles.actions}>
        <Button onClick={onClose}>{t('app.cancel')}</Button>
        <Button look="danger" data-testid="confirm-yes" onClick={() => {
          onConfirm();
          onClose();
        }}>{confirm}</Button>
      </div>
    </Dialog>
  );
}
