import { until } from './until.mjs';

/** The verification phrase that a visitor's page shows. */
export async function phrase(visitor) {
  await visitor.page.getByTestId('open-verification').click();
  const shown = visitor.page.getByTestId('verification-phrase').filter({ hasText: /^(\d{4} ){5}\d{4}$/ });
  const text = await shown.textContent();
  await visitor.page.keyboard.press('Escape');
  return text;
}

/** Waits until a visitor's page has so many tiles, each with the mark, and none that cannot be decrypted. */
export async function waitForMark(visitor, mark, tiles) {
  const counts = () => Promise.all(['tile', mark, 'tile-not-decrypted'].map(name => visitor.page.getByTestId(name).count()));
  await until(async () => `${await counts()}` === `${[tiles, tiles, 0]}`, `${visitor.name}: each of ${tiles} tiles has the mark ${mark}`);
}
