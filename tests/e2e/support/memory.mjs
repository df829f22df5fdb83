import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const chunkBytes = 4 * 1024 * 1024;

/** Which of the byte strings (at most 1 KiB each) are in the writable memory of a process. It goes on meanwhile, so what it moves may be missed. */
export function findInMemory(pid, wanted) {
  const found = new Set();
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  const buffer = Buffer.alloc(chunkBytes + 1024);
  try {
    for (const [, from, to] of readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
      const end = Number.parseInt(to, 16);
      for (let start = Number.parseInt(from, 16); start < end; start += chunkBytes) {
        const read = readAt(memory, buffer, start, Math.min(buffer.length, end - start));
        for (const bytes of wanted) if (buffer.subarray(0, read).includes(bytes)) found.add(bytes);
      }
    }
  } finally {
    closeSync(memory);
  }
  return found;
}

/** 0 where the memory is not there any more, or cannot be read, as that of a device. */
function readAt(memory, buffer, position, length) {
  try {
    return readSync(memory, buffer, 0, length, position);
  } catch {
    return 0;
  }
}
