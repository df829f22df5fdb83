// Watches folders and everything below them. One watch for each folder, because editors replace files instead of writing them.
import { readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';

const QUIET_MS = 60;

const isFolder = path => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Calls `changed` with the paths of a burst of changes, relative to `root`. Returns a function that ends the watches. */
export function watchFolders(root, folders, isSkipped, changed) {
  const watches = new Map();
  const paths = new Set();
  let timer = null;

  function report() {
    timer = null;
    const burst = [...paths];
    paths.clear();
    changed(burst);
  }

  function note(path) {
    if (isSkipped(path)) return;
    if (isFolder(join(root, path))) add(path, note); // a new folder, with files that were there before its watch
    paths.add(path);
    clearTimeout(timer);
    timer = setTimeout(report, QUIET_MS);
  }

  function add(folder, found) {
    if (isSkipped(folder) || !isFolder(join(root, folder))) return;
    watches.get(folder)?.close(); // a folder that was removed and created again
    const watcher = watch(join(root, folder), (_, name) => { if (name !== null) note(`${folder}/${name}`); });
    watcher.on('error', () => watcher.close());
    watches.set(folder, watcher);
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (entry.isDirectory()) add(`${folder}/${entry.name}`, found);
      else found(`${folder}/${entry.name}`);
    }
  }

  for (const folder of folders) add(folder, () => {});
  return () => {
    clearTimeout(timer);
    for (const watcher of watches.values()) watcher.close();
  };
}
