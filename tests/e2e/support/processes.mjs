import { readdirSync, readFileSync } from 'node:fs';

/** A process and all that it started. */
export function family(pid) {
  return [pid, ...numbers().filter(other => parentOf(other) === pid).flatMap(family)];
}

/** The running processes of one program of the product, by its home folder. */
export function processesOf(home, program) {
  if (!home) throw new Error('This test ends processes of the product: with MEET_URL it needs MEET_HOME too.');
  const path = `${home}/programs/${program}/`;
  return numbers().filter(pid => text(`/proc/${pid}/cmdline`).startsWith(path));
}

const numbers = () => readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number);
const parentOf = pid => Number(text(`/proc/${pid}/stat`).split(') ').at(-1).split(' ')[1]);

/** Empty for a process that ended while we looked. */
function text(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
