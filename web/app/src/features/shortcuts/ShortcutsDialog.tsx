import { Dialog } from '@meetoperator/ui';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { shortcutKeys, shortcuts } from './shortcuts';
import styles from './ShortcutsDialog.module.css';
import { singleKeyShortcuts } from './single-key-shortcuts';

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [single, setSingle] = useState(singleKeyShortcuts.get);
  return (
    <Dialog title={t('shortcuts.title')} closeLabel={t('app.close')} onClose={onClose} testId="shortcuts">
      <dl className={styles.list}>
        {shortcuts.map(shortcut => (
          <div key={shortcut.action} data-off={shortcut.single && !single}>
            <dt>{t(`shortcuts.${shortcut.action}`)}</dt>
            <dd><kbd>{shortcutKeys(t, shortcut.action)}</kbd></dd>
          </div>
        ))}
      </dl>
      <label className={styles.option}>
        <input type="checkbox" checked={single} onChange={event => {
          setSingle(event.target.checked);
          singleKeyShortcuts.set(event.target.checked);
        }} />
        {t('shortcuts.singleKeys')}
      </label>
      <p className={styles.note}>{t('shortcuts.note')}</p>
    </Dialog>
  );
}
