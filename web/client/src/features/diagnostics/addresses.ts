/** What may be an address: IPv4, or hexadecimal groups with colons (IPv6, MAC), each as a word of its own. */
const candidates = /(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*)(?!\w)/gi;

/** Replaces network addresses. Times such as 12:30:45 stay; versions in the form of an IPv4 address stay where a product name precedes them, as in `Chrome/142.0.0.0`. */
export function withoutAddresses(text: string): string {
  return text.replace(candidates, (found, at: number) => (isAddress(found) && text[at - 1] !== '/' ? '[address]' : found));
}

function isAddress(text: string): boolean {
  if (!text.includes(':')) return true;
  return /[0-9a-f]/i.test(text) && (text.includes('::') || text.split(':').length > 3);
}
