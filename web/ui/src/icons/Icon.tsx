import type { ReactNode } from 'react';

const paths = {
  mic: <><rect x="9" y="3" width="6" height="11" rx="3" /><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" /></>,
  'mic-off': <><path d="M15 9.5V6a3 3 0 0 0-5.8-1.1M9 9v2a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10 5.4M18.5 11.5c0 1-.2 1.9-.6 2.700M12 18v3M4 3.500l16.5 17" /></>,
  camera: <><rect x="2.5" y="6" width="12.5" height="12" rx="3" /><path d="m15 10.5 5-3a.8.8 0 0 1 1.2.7v7.600a.8.8 0 0 1-1.2.7l-5-3" /></>,
  'camera-off': <><path d="M9 6h3a3 3 0 0 1 3 3v1.500l5-3a.8.8 0 0 1 1.2.7v7.600a.8.8 0 0 1-1 .8M15 15a3 3 0 0 1-3 3H5.500a3 3 0 0 1-3-3V9a3 3 0 0 1 2-2.800M4 3.500l16.5 17" /></>,
  screen: <><rect x="2.5" y="4" width="19" height="13" rx="2.5" /><path d="M12 14V8m-2.8 2.500L12 7.700l2.8 2.800M8 20.500h8" /></>,
  'screen-stop': <><rect x="2.5" y="4" width="19" height="13" rx="2.5" /><path d="m9.5 8 5 5m0-5-5 5M8 20.500h8" /></>,
  chat: <path d="M4.5 18.500V7a3 3 0 0 1 3-3h9a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H9l-4.5 2.500zM8.5 8.500h7M8.5 11.800h4.5" />,
  people: <><circle cx="9" cy="8" r="3.5" /><path d="M2.5 19.500c.5-3.6 3-5.5 6.5-5.500s6 1.9 6.5 5.500M15.5 4.800a3.5 3.5 0 0 1 0 6.400M17.5 14.500c2.2.7 3.6 2.4 4 5" /></>,
  link: <path d="M10 13.500a4 4 0 0 0 5.8.2l3-3a4 4 0 0 0-5.7-5.700l-1.2 1.200M14 10.500a4 4 0 0 0-5.8-.2l-3 3a4 4 0 0 0 5.7 5.700l1.2-1.2" />,
  leave: <path d="M3.5 14.200c-.7-1-.5-2.4.4-3.200a12.3 12.3 0 0 1 16.2 0c.9.8 1.1 2.2.4 3.200l-.8 1.100c-.5.7-1.5 1-2.3.6l-2-.9a1.9 1.9 0 0 1-1.1-1.900l.1-1.200a9 9 0 0 0-4.8 0l.1 1.200c.1.8-.3 1.6-1.1 1.900l-2 .9c-.8.4-1.8.1-2.3-.6z" />,
  end: <><circle cx="12" cy="12" r="9" /><path d="m8.5 8.5 7 7m0-7-7 7" /></>,
  close: <path d="m6 6 12 12M18 6 6 18" />,
  send: <path d="M4 12 20 4.500l-5 15.5-3.5-6.500zM11.5 13.5 20 4.5" />,
  check: <path d="m5 12.5 4.5 4.500L19 7.5" />,
  warning: <><path d="M10.3 4.3 2.9 17.200A2 2 0 0 0 4.6 20h14.800a2 2 0 0 0 1.7-2.800L13.7 4.300a2 2 0 0 0-3.4 0zM12 9.500v4" /><path d="M12 16.800v.1" /></>,
  info: <><circle cx="12" cy="12" r="9" /><path d="M12 11v5M12 8v.1" /></>,
  speaker: <path d="M4 10v4h3.500L12 18V6L7.5 10zM15.5 9.200a4 4 0 0 1 0 5.600M18 6.500a8 8 0 0 1 0 11" />,
  keyboard: <><rect x="2.5" y="6" width="19" height="12" rx="2.5" /><path d="M6.5 10h.1M10 10h.1M14 10h.1M17.5 10h.1M8 14h8" /></>,
  crown: <path d="m4 8 4 4 4-6.500L16 12l4-4-1.5 10h-13z" />,
  plus: <path d="M12 5v14M5 12h14" />,
  arrow: <path d="M5 12h14m-5.5-5.500L19 12l-5.5 5.5" />,
  remove: <><circle cx="10" cy="8" r="3.5" /><path d="M3.5 19.500c.5-3.6 3-5.5 6.5-5.5 2 0 3.7.6 4.8 1.800M16.5 17h5" /></>,
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
