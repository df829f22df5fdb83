// Programs of an image that run on this machine, with the libraries of the image.
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './kubectl.mjs';

const libraries = 'usr/lib/x86_64-linux-gnu';

/**
 * Extracts programs of a Debian image of this repository, and creates a folder for the PATH with a script for each, which starts the program with the loader of the image.
 * `started()` returns the names of those that were started since.
 */
export async function imagePrograms(image, programs, folder) {
  const archive = (await run('infra/docker/build.sh', [image])).trim();
  const wanted = [...programs.map(name => `usr/bin/${name}`), `${libraries}/*`].flatMap(file => [`'${file}'`, `'./${file}'`]).join(' ');
  const [root, path, log] = ['root', 'bin', 'started'].map(name => join(folder, name));
  await Promise.all([mkdir(root), mkdir(path), writeFile(log, '')]);
  const [{ Layers }] = JSON.parse(await run('tar', ['-xOf', archive, 'manifest.json']));
  // Each layer has some of the files.
  for (const layer of Layers) await run('sh', ['-c', `tar -xOf ${archive} ${layer} | tar -xf - -C ${root} --wildcards ${wanted} 2>/dev/null || true`]);
  for (const name of programs) {
    await writeFile(join(path, name), `#!/bin/sh\necho ${name} >>${log}\nexec ${root}/${libraries}/ld-linux-x86-64.so.2 --argv0 ${name} --library-path ${root}/${libraries} ${root}/usr/bin/${name} "$@"\n`);
    await chmod(join(path, name), 0o755);
  }
  return { path, started: async () => [...new Set((await readFile(log, 'utf8')).split('\n').filter(line => line !== ''))].sort() };
}
