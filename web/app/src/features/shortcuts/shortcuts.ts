import type { TFunction } from 'i18next';

export type ShortcutAction = 'microphone' | 'camera' | 'chat' | 'people' | 'help';

export interface Shortcut {
  readonly action: ShortcutAction;
  readonly key: string;
  /** A single key without Ctrl, which the user can turn off (WCAG 2.1.4). */
  readonly single: boolean;
}

export const shortcuts: readonly Shortcut[] = [
  { action: 'microphone', key: 'D', single: false },
  { action: 'camera', key: 'E', single: false },
  { action: 'chat', key: 'C', single: true },
  { action: 'people', key: 'P', single: true },
  { action: 'help', key: '?', single: true },
];

/** The keys of an action as the user reads them, for example `Ctrl+D`. */
export function shortcutKeys(t: TFunction, action: ShortcutAction): string {
  const { key, single } = shortcuts.find(shortcut => shortcut.action === action)!;
  return single ? key : t('shortcuts.withCtrl', { key });
}

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly repeat: boolean;
}

/** The action of a key press, or null. The caller leaves out key presses in text fields and open dialogs. */
export function actionOf(press: KeyPress, singleKeys: boolean): ShortcutAction | null {
  if (press.repeat || press.altKey) return null;
  const key = press.key.toLowerCase();
  if (press.ctrlKey || press.metaKey) return key === 'd' ? 'microphone' : key === 'e' ? 'camera' : null;
  if (!singleKeys) return null;
  return key === 'c' ? 'chat' : key === 'p' ? 'people' : key === '?' ? 'help' : null;
}
