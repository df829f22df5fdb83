import { readdirSync, readFileSync } from 'node:fs';

/** The process and its descendants. */
export function family(pid) {
  return [pid, ...numbers().filter(other => parentOf(other) === pid).flatMap(family)];
}

/** The running processes of one program of the product with this home folder. */
export function processesOf(home, program) {
  if (!home) throw new Error('This test ends processes of the product. Set MEET_HOME in addition to MEET_URL.');
  const path = `${home}/programs/${program}/`;
  return numbers().filter(pid => text(`/proc/${pid}/cmdline`).startsWith(path));
}

/** The running process of a media node. */
export function processOfNode(home, name) {
  const pid = processesOf(home, 'media-node').find(one => text(`/proc/${one}/environ`).split('\0').includes(`MEET_NODE_NAME=${name}`));
  if (pid === undefined) throw new Error(`No process of media node ${name} runs in ${home}.`);
  return pid;
}

const numbers = () => readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number);
const parentOf = pid => Number(text(`/proc/${pid}/stat`).split(') ').at(-1).split(' ')[1]);

/** Empty when the process has ended meanwhile. */
function text(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
