import { useState } from 'react';
import { singleKeyShortcuts } from '../memory';
import { Dialog } from '../ui/Dialog';
import { shortcuts } from './shortcuts';
import styles from './ShortcutsDialog.module.css';

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const [single, setSingle] = useState(singleKeyShortcuts.get);
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose} testId="shortcuts">
      <dl className={styles.list}>
        {shortcuts.map(shortcut => (
          <div key={shortcut.action} data-off={shortcut.single && !single}>
            <dt>{shortcut.text}</dt>
            <dd><kbd>{shortcut.keys}</kbd></dd>
          </div>
        ))}
      </dl>
      <label className={styles.option}>
        <input type="checkbox" checked={single} onChange={event => {
          setSingle(event.target.checked);
          singleKeyShortcuts.set(event.target.checked);
        }} />
        Use the single-key shortcuts
      </label>
      <p className={styles.note}>Nothing happens while you type in a field.</p>
    </Dialog>
  );
}
