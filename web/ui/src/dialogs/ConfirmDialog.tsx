import { Button } from '../controls/Button';
import styles from './ConfirmDialog.module.css';
import { Dialog } from './Dialog';

interface Props {
  readonly title: string;
  readonly text: string;
  readonly confirm: string;
  readonly cancel: string;
  readonly closeLabel: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function ConfirmDialog({ title, text, confirm, cancel, closeLabel, onConfirm, onClose }: Props) {
  return (
    <Dialog title={title} closeLabel={closeLabel} onClose={onClose} testId="confirm">
      <p className={styles.text} dir="auto">{text}</p>
      <div className={styles.actions}>
        <Button onClick={onClose}>{cancel}</Button>
        <Button look="danger" data-testid="confirm-yes" onClick={() => {
          onConfirm();
          onClose();
        }}>{confirm}</Button>
      </div>
    </Dialog>
  );
}
