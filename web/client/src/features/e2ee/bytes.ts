/** Bytes in base64url without padding, as the messages of the protocol carry them. */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Null for text that is not base64url. */
export function fromBase64Url(text: string): Bytes | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), character => character.charCodeAt(0));
}

/** Bytes in a buffer of their own, which WebCrypto accepts. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Joins fields so that no two lists of fields give the same bytes: each field is preceded by its length in two bytes. Throws a RangeError for a field of more than 65,535
 * bytes, whose length would be ambiguous.
 */
export function encodeFields(...fields: readonly (string | Uint8Array)[]): Bytes {
  return concat(...fields.flatMap(field => {
    const bytes = typeof field === 'string' ? new TextEncoder().encode(field) : field;
    if (bytes.length > 0xffff) throw new RangeError('A field is longer than 65,535 bytes. Shorten it.');
    return [Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes];
  }));
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
