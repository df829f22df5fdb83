import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './kubectl.mjs';

const configuration = `
[ca]
default_ca = here
[here]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = authority
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
`;

/** A certificate authority that expired yesterday, created with openssl, as PEM: `{certificate, key}`. */
export async function expiredAuthority() {
  const folder = await mkdtemp(join(tmpdir(), 'authority-'));
  const file = name => join(folder, name);
  const day = offset => `${new Date(Date.now() + offset * 86_400_000).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
  try {
    await Promise.all([writeFile(file('conf'), configuration), writeFile(file('index'), ''), writeFile(file('serial'), '01\n')]);
    await run('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file('key')]);
    await run('openssl', ['req', '-new', '-key', file('key'), '-subj', '/CN=expired', '-out', file('request')]);
    await run('sh', ['-c', `cd ${folder} && openssl ca -batch -selfsign -notext -config conf -keyfile key -in request -startdate ${day(-30)} -enddate ${day(-1)} -out certificate`]);
    return { certificate: await readFile(file('certificate'), 'utf8'), key: await readFile(file('key'), 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}
