// What the log of a chaos run says. Pure.

/**
 * The pictures that somebody has not seen for longer than `longest` ms, as `{ what, name, other, source }`: the sentence, and what `describe` of LightPeople takes. `samples` are those of
 * PeopleHistory, with the names of those whose camera (`paused`) or screen (`pausedScreens`) the media node does not send because the line is too narrow.
 */
export const missingPictures = (samples, longest) => samples.flatMap(({ name, unseen, screens, paused, pausedScreens }) => {
  const late = pauses => Object.keys(pauses).filter(other => pauses[other] > longest);
  const isPaused = 'paused because the line is too narrow';
  return [
    ...late(unseen).map(other => ({ what: `${name} does not see ${other}${paused.includes(other) ? `, whose picture is ${isPaused}` : ''}`, name, other, source: 'camera' })),
    ...late(screens).map(other => ({ what: `${name} does not see the screen of ${other}${pausedScreens.includes(other) ? `, which is ${isPaused}` : ''}`, name, other, source: 'screen' })),
  ];
});

/** The lines with which a run ends. */
export function summary({ faults: count, actions: people, problems, pauses }) {
  const kinds = [...new Set(pauses.map(one => one.kind))].sort();
  const longest = kinds.map(kind => {
    const of = pauses.filter(one => one.kind === kind);
    const kills = of.some(one => one.hasKilled !== undefined) ? ` (${of.filter(one => one.hasKilled).length} killed a media node)` : '';
    return `${kind} ×${of.length}${kills}: longest pause ${Math.max(...of.map(one => one.sound)).toFixed(1)} s of sound, ${Math.max(...of.map(one => one.picture)).toFixed(1)} s of pictures; longest standstill of the page ${Math.max(...of.map(one => one.standstill)).toFixed(1)} s`;
  });
  return [...longest, `${count} faults, ${people} actions of people, ${problems.length} problems`, ...problems].join('\n');
}
