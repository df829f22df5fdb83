import { execFileSync } from 'node:child_process';

/** What the media nodes hold now, all together. */
export async function nodeFigures(product) {
  if (!product.home) throw new Error('This test asks the media nodes: with MEET_URL it needs MEET_HOME too.');
  const urls = execFileSync('kubectl', ['--kubeconfig', `${product.home}/kubeconfig`, 'get', 'sfunodes', '-A', '-o', 'jsonpath={.items[*].status.controlUrl}'], { encoding: 'utf8' });
  const texts = await Promise.all(urls.trim().split(/\s+/).map(async url => (await fetch(new URL('metrics', url))).text()));
  const sum = name => texts.flatMap(text => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.]+)$`, 'gm'))]).reduce((total, found) => total + Number(found[1]), 0);
  return { participants: sum('meet_node_participants'), sessions: sum('meet_node_sessions'), upTracks: sum('meet_node_up_tracks'), downTracks: sum('meet_node_down_tracks') };
}
