const ipv4 = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w)/g;

/** Hexadecimal groups with colons (IPv6, MAC), also after a word with a colon, as in `IPv6:fe80::1`. */
const groups = /(?<![\w.:])([a-z\d]*[g-z][a-z\d]*:)?([\da-f:]*:[\da-f:]*:[\da-f:.]*)(?!\w)/gi;

/** A version follows the name of a product, as in `Chrome/142.0.0.0`. The address in `https://192.0.2.1/` follows two slashes. */
const product = /[A-Za-z]\/$/;

/** Replaces network addresses. Times such as 12:30:45 stay, and versions of products. */
export function withoutAddresses(text: string): string {
  return text
    .replace(groups, (found, word: string | undefined, address: string) => (isAddress(address) ? `${word ?? ''}[address]` : found))
    .replace(ipv4, (found, at: number, before: string) => (product.test(before.slice(0, at)) ? found : '[address]'));
}

function isAddress(text: string): boolean {
  return /[0-9a-f]/i.test(text) && (text.includes('::') || text.split(':').length > 3);
}
