/** The end of a link to an encrypted meeting. The server never sees this part of an address, so it cannot make a page join without encryption. */
export const encryptedMark = '#e2ee';

/** Whether a link or an address leads to a meeting that must be encrypted. */
export const isEncryptedLink = (link: string): boolean => link.trim().endsWith(encryptedMark);
