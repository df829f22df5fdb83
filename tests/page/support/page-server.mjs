import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../web/app/dist', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };

/** Serves the built page as static files, with the strictest policy under which it must work. */
export async function servePage() {
  if (!existsSync(join(root, 'index.html'))) throw new Error('The page is not built. Run: cd web && npm ci && npm run build');
  const server = createServer((request, response) => void answer(new URL(request.url, 'http://localhost').pathname, response));
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://localhost:${server.address().port}`, close: () => new Promise(resolve => server.close(resolve)) };
}

async function answer(path, response) {
  const wanted = normalize(join(root, path));
  const isFile = wanted.startsWith(root) && await stat(wanted).then(entry => entry.isFile(), () => false);
  const file = isFile ? wanted : join(root, 'index.html');
  response.writeHead(200, {
    'content-type': types[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': "default-src 'self'; require-trusted-types-for 'script'; trusted-types default",
    'x-content-type-options': 'nosniff',
  });
  createReadStream(file).pipe(response);
}
