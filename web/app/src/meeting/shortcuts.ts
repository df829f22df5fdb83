export type ShortcutAction = 'microphone' | 'camera' | 'chat' | 'people' | 'help';

export interface Shortcut {
  readonly action: ShortcutAction;
  readonly keys: string;
  readonly text: string;
  /** One key without Ctrl: can be turned off (WCAG 2.1.4). */
  readonly single: boolean;
}

export const shortcuts: readonly Shortcut[] = [
  { action: 'microphone', keys: 'Ctrl + D', text: 'Microphone on or off', single: false },
  { action: 'camera', keys: 'Ctrl + E', text: 'Camera on or off', single: false },
  { action: 'chat', keys: 'C', text: 'Open or close the chat', single: true },
  { action: 'people', keys: 'P', text: 'Open or close the list of people', single: true },
  { action: 'help', keys: '?', text: 'This list', single: true },
];

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly repeat: boolean;
}

/** Which action a key press means; text fields and open dialogs are the caller's to exclude. */
export function actionOf(press: KeyPress, singleKeys: boolean): ShortcutAction | null {
  if (press.repeat || press.altKey) return null;
  const key = press.key.toLowerCase();
  if (press.ctrlKey || press.metaKey) return key === 'd' ? 'microphone' : key === 'e' ? 'camera' : null;
  if (!singleKeys) return null;
  return key === 'c' ? 'chat' : key === 'p' ? 'people' : key === '?' ? 'help' : null;
}
