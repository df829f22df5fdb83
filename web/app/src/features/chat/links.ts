export type TextPart = { readonly text: string; readonly href?: string };

/** Splits a message into text and web links (http and https only). A link shows exactly the address that it opens. */
export function findLinks(message: string): TextPart[] {
  const parts: TextPart[] = [];
  let rest = 0;
  for (const match of message.matchAll(/\bhttps?:\/\/[^\s<>"'`\p{Cf}]+/giu)) {
    const text = trimTail(match[0]);
    if (!isWebAddress(text)) continue;
    if (match.index > rest) parts.push({ text: message.slice(rest, match.index) });
    parts.push({ text, href: text });
    rest = match.index + text.length;
  }
  if (rest < message.length) parts.push({ text: message.slice(rest) });
  return parts;
}

/** Punctuation after a link belongs to the sentence. */
function trimTail(link: string): string {
  let text = link.replace(/[.,;:!?]+$/u, '');
  while (text.endsWith(')') && text.split(')').length > text.split('(').length) text = text.slice(0, -1).replace(/[.,;:!?]+$/u, '');
  return text;
}

function isWebAddress(text: string): boolean {
  try {
    const url = new URL(text);
    return (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === '';
  } catch {
    return false;
  }
}
