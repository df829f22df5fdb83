// First: the libraries behind it then come before all of our modules, and code that is alike stays together, which compresses better.
export { loadLanguage } from './language/language';
export { Avatar } from './avatars/Avatar';
export { copyText } from './browser/clipboard';
export { navigate, usePath } from './browser/history';
export { browserStore, tabStore } from './browser/storage';
export { useElementSize } from './browser/useElementSize';
export { Button, IconButton } from './controls/Button';
export { SelectField, TextAreaField, TextField } from './controls/Field';
export { ConfirmDialog } from './dialogs/ConfirmDialog';
export { Dialog } from './dialogs/Dialog';
export { Icon, type IconName } from './icons/Icon';
export { Logo } from './icons/Logo';
export { SidePanel } from './panels/SidePanel';
export { announce } from './status/announcer';
export { Announcer } from './status/Announcer';
export { Toasts } from './status/Toasts';
export { useToasts } from './status/useToasts';
