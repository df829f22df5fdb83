import type { ReactNode } from 'react';

const paths = {
  mic: <><rect x="9" y="3" width="6" height="11" rx="3" /><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" /></>,
  'mic-off': <><path d="M15 9.5V6a3 3 0 0 0-5.8-1.1M9 9v2a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10 5.4M18.5 11.5c0 1-.2 1.9-.6 2.7M12 18v3M4 3.5l16.5 17" /></>,
  camera: <><rect x="2.5" y="6" width="12.5" height="12" rx="3" /><path d="m15 10.5 5-3a.8.8 0 0 1 1.2.7v7.6a.8.8 0 0 1-1.2.7l-5-3" /></>,
  'camera-off': <><path d="M9 6h3a3 3 0 0 1 3 3v1.5l5-3a.8.8 0 0 1 1.2.7v7.6a.8.8 0 0 1-1 .8M15 15a3 3 0 0 1-3 3H5.5a3 3 0 0 1-3-3V9a3 3 0 0 1 2-2.8M4 3.5l16.5 17" /></>,
  screen: <><rect x="2.5" y="4" width="19" height="13" rx="2.5" /><path d="M12 14V8m-2.8 2.5L12 7.7l2.8 2.8M8 20.5h8" /></>,
  'screen-stop': <><rect x="2.5" y="4" width="19" height="13" rx="2.5" /><path d="m9.5 8 5 5m0-5-5 5M8 20.5h8" /></>,
  chat: <path d="M4.5 18.5V7a3 3 0 0 1 3-3h9a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H9l-4.5 2.5zM8.5 8.5h7M8.5 11.8h4.5" />,
  people: <><circle cx="9" cy="8" r="3.5" /><path d="M2.5 19.5c.5-3.6 3-5.5 6.5-5.5s6 1.9 6.5 5.5M15.5 4.8a3.5 3.5 0 0 1 0 6.4M17.5 14.5c2.2.7 3.6 2.4 4 5" /></>,
  link: <path d="M10 13.5a4 4 0 0 0 5.8.2l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10.5a4 4 0 0 0-5.8-.2l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2" />,
  leave: <path d="M3.5 14.2c-.7-1-.5-2.4.4-3.2a12.3 12.3 0 0 1 16.2 0c.9.8 1.1 2.2.4 3.2l-.8 1.1c-.5.7-1.5 1-2.3.6l-2-.9a1.9 1.9 0 0 1-1.1-1.9l.1-1.2a9 9 0 0 0-4.8 0l.1 1.2c.1.8-.3 1.6-1.1 1.9l-2 .9c-.8.4-1.8.1-2.3-.6z" />,
  end: <><circle cx="12" cy="12" r="9" /><path d="m8.5 8.5 7 7m0-7-7 7" /></>,
  close: <path d="m6 6 12 12M18 6 6 18" />,
  send: <path d="M4 12 20 4.5l-5 15.5-3.5-6.5zM11.5 13.5 20 4.5" />,
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  warning: <><path d="M10.3 4.3 2.9 17.2A2 2 0 0 0 4.6 20h14.8a2 2 0 0 0 1.7-2.8L13.7 4.3a2 2 0 0 0-3.4 0zM12 9.5v4" /><path d="M12 16.8v.1" /></>,
  info: <><circle cx="12" cy="12" r="9" /><path d="M12 11v5M12 8v.1" /></>,
  speaker: <path d="M4 10v4h3.5L12 18V6L7.5 10zM15.5 9.2a4 4 0 0 1 0 5.6M18 6.5a8 8 0 0 1 0 11" />,
  keyboard: <><rect x="2.5" y="6" width="19" height="12" rx="2.5" /><path d="M6.5 10h.1M10 10h.1M14 10h.1M17.5 10h.1M8 14h8" /></>,
  settings: <><path d="M4 7h8m6 0h2M4 17h2m6 0h8" /><circle cx="15" cy="7" r="2.5" /><circle cx="9" cy="17" r="2.5" /></>,
  data: <path d="M8 4v16m-4-4 4 4 4-4M16 20V4m-4 4 4-4 4 4" />,
  plus: <path d="M12 5v14M5 12h14" />,
  arrow: <path d="M5 12h14m-5.5-5.5L19 12l-5.5 5.5" />,
  pin: <path d="M9 3.5h6m-5 0v6L7 13h10l-3-3.5v-6M12 13v7.5" />,
  pause: <path d="M9 6v12M15 6v12" />,
  headphones: <path d="M4 18v-4a8 8 0 0 1 16 0v4M4 15.5a1.5 1.5 0 0 1 1.5-1.5H7v6H5.5A1.5 1.5 0 0 1 4 18.5zm16 0a1.5 1.5 0 0 0-1.5-1.5H17v6h1.5a1.5 1.5 0 0 0 1.5-1.5z" />,
  shield: <><path d="M12 3.2 19 6v5.3c0 4.2-2.8 7.6-7 9.5-4.2-1.9-7-5.3-7-9.5V6z" /><path d="m9 11.8 2.2 2.2 4-4.2" /></>,
  'shield-off': <><path d="M12 3.2 19 6v5.3c0 4.2-2.8 7.6-7 9.5-4.2-1.9-7-5.3-7-9.5V6z" /><path d="m4 20 16-16" /></>,
  remove: <><circle cx="10" cy="8" r="3.5" /><path d="M3.5 19.5c.5-3.6 3-5.5 6.5-5.5 2 0 3.7.6 4.8 1.8M16.5 17h5" /></>,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof paths;

/** Icons are decorative; the control around an icon carries the accessible name. */
export function Icon({ name, size = 22 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.7" strokeLinecap="round"
      strokeLinejoin="round" aria-hidden="true" focusable="false">
      {paths[name]}
    </svg>
  );
}
