import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../web/client/dist', import.meta.url));

/** Serves the modules of the built SDK, and an empty page at `/`. */
export async function serveModules() {
  const server = createServer((request, response) => void answer(new URL(request.url, 'http://localhost').pathname, response));
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://localhost:${server.address().port}/`, close: () => new Promise(resolve => server.close(resolve)) };
}

async function answer(path, response) {
  const file = normalize(join(root, path));
  if (path === '/') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Modules</title>');
  } else if (file.startsWith(root) && await stat(file).then(entry => entry.isFile(), () => false)) {
    response.writeHead(200, { 'content-type': 'text/javascript' });
    createReadStream(file).pipe(response);
  } else {
    response.writeHead(404).end();
  }
}
