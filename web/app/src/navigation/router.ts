import { usePath } from '@meetoperator/ui';

export type Route = { readonly page: 'start' } | { readonly page: 'meeting'; readonly meetingId: string } | { readonly page: 'unknown' };

export function routeOf(pathname: string): Route {
  if (pathname === '/' || pathname === '') return { page: 'start' };
  const id = /^\/m\/([A-Za-z0-9][A-Za-z0-9-]{0,127})\/?$/.exec(pathname)?.[1];
  return id === undefined ? { page: 'unknown' } : { page: 'meeting', meetingId: id };
}

/** Reads the meeting ID from a pasted meeting link or from a bare ID; null when the text is neither. */
export function meetingIdOf(input: string): string | null {
  const text = input.trim();
  if (/^[A-Za-z0-9][A-Za-z0-9-]{5,127}$/.test(text)) return text;
  try {
    const route = routeOf(new URL(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`).pathname);
    return route.page === 'meeting' ? route.meetingId : null;
  } catch {
    return null;
  }
}

export const meetingLink = (meetingId: string): string => `${location.origin}/m/${meetingId}`;

export function useRoute(): Route {
  return routeOf(usePath());
}
