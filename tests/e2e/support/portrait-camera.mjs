/** What one camera shows: a drawn person in front of a wall. Colours are CSS colours. */
export const portraits = {
  amara: { wall: ['#f3c48f', '#e39a55'], decor: 'window', skin: '#8a5a3c', hair: '#2b1d16', cut: 'curls', clothes: '#2f7f6f' },
  jonas: { wall: ['#c7dcd6', '#8fbcae'], decor: 'shelf', skin: '#e9b996', hair: '#8a5a2b', cut: 'short', clothes: '#33475b' },
  mei: { wall: ['#d8d4f2', '#a9a2de'], decor: 'plant', skin: '#efc8a5', hair: '#231f2b', cut: 'long', clothes: '#b4493a' },
  sam: { wall: ['#f0d9d2', '#dba99c'], decor: 'picture', skin: '#c98e63', hair: '#4a3226', cut: 'bun', clothes: '#3f5f8a' },
};

/**
 * Runs in the page, before its scripts: the camera shows the portrait, and the microphone is silent or, for one who speaks, hums. Chromium's own fake
 * camera shows a test pattern, and its microphone beeps.
 */
export const portraitCamera = ({ look, speaks }) => {
  const { AudioContext, document, MediaStream, navigator } = globalThis;
  const width = 640;
  const height = 360;

  const ellipse = (context, x, y, radiusX, radiusY, colour) => {
    context.fillStyle = colour;
    context.beginPath();
    context.ellipse(x, y, radiusX, radiusY, 0, 0, 2 * Math.PI);
    context.fill();
  };
  const box = (context, x, y, w, h, radius, colour) => {
    context.fillStyle = colour;
    context.beginPath();
    context.roundRect(x, y, w, h, radius);
    context.fill();
  };
  const decors = {
    window: context => {
      box(context, 452, 34, 140, 170, 10, '#fff4e2');
      box(context, 460, 42, 58, 154, 4, '#bfe0ea');
      box(context, 526, 42, 58, 154, 4, '#cfe9f0');
      ellipse(context, 560, 78, 16, 16, '#fff1b8');
    },
    shelf: context => {
      box(context, 430, 170, 180, 10, 3, '#5d7f73');
      ['#e7a3ad', '#f0a868', '#f5efe0', '#6f8fb5', '#b9b4ec', '#f5efe0'].forEach((colour, index) => box(context, 440 + index * 22, 96 + (index % 3) * 10, 17, 74 - (index % 3) * 10, 3, colour));
      box(context, 588, 136, 16, 34, 4, '#f0a868');
    },
    plant: context => {
      for (const [x, y, lean] of [[520, 150, -0.6], [548, 120, -0.15], [578, 132, 0.35], [600, 168, 0.8]]) {
        context.save();
        context.translate(x, y);
        context.rotate(lean);
        ellipse(context, 0, 0, 19, 62, '#4f8f76');
        context.restore();
      }
      box(context, 518, 214, 86, 90, 12, '#f5efe0');
    },
    picture: context => {
      box(context, 448, 50, 150, 116, 6, '#fffaf3');
      box(context, 458, 60, 130, 96, 3, '#8fd3c1');
      ellipse(context, 545, 92, 15, 15, '#f7d488');
      context.fillStyle = '#3f8f7d';
      context.beginPath();
      context.moveTo(458, 156);
      context.lineTo(500, 104);
      context.lineTo(532, 138);
      context.lineTo(556, 118);
      context.lineTo(588, 156);
      context.fill();
    },
  };
  const behind = {
    curls: (context, colour) => { for (let index = 0; index < 11; index++) ellipse(context, 320 + 76 * Math.cos(Math.PI * (1 + index / 10)), 150 + 74 * Math.sin(Math.PI * (1 + index / 10)), 34, 34, colour); },
    short: () => {},
    long: (context, colour) => box(context, 236, 84, 168, 210, 80, colour),
    bun: (context, colour) => ellipse(context, 320, 54, 32, 30, colour),
  };
  /** Fills the head above a line, which runs from its right side to its left. */
  const cap = (context, colour, line) => {
    context.save();
    context.beginPath();
    context.ellipse(320, 154, 79, 90, 0, 0, 2 * Math.PI);
    context.clip();
    context.fillStyle = colour;
    context.beginPath();
    context.moveTo(230, 40);
    context.lineTo(410, 40);
    line(context);
    context.fill();
    context.restore();
  };
  const fringe = {
    curls: (context, colour) => { for (const [x, y] of [[270, 106], [298, 90], [330, 86], [362, 100]]) ellipse(context, x, y, 27, 23, colour); },
    short: (context, colour) => cap(context, colour, line => {
      line.lineTo(410, 150);
      line.quadraticCurveTo(372, 86, 300, 112);
      line.quadraticCurveTo(262, 112, 230, 150);
    }),
    long: (context, colour) => cap(context, colour, line => {
      line.lineTo(410, 200);
      line.quadraticCurveTo(384, 108, 324, 92);
      line.quadraticCurveTo(262, 108, 230, 200);
    }),
    bun: (context, colour) => cap(context, colour, line => {
      line.lineTo(410, 160);
      line.quadraticCurveTo(320, 66, 230, 160);
    }),
  };

  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  const draw = () => {
    const gradient = context.createLinearGradient(0, 0, width, height);
    look.wall.forEach((colour, index) => gradient.addColorStop(index / (look.wall.length - 1), colour));
    context.fillStyle = gradient;
    context.fillRect(0, 0, width, height);
    context.save();
    context.translate(-62, 0); // a tile may crop the sides
    decors[look.decor](context);
    context.restore();
    context.save();
    context.translate(3 * Math.sin(Date.now() / 900), 2 * Math.sin(Date.now() / 600)); // nobody sits quite still
    behind[look.cut](context, look.hair);
    ellipse(context, 320, 392, 158, 128, look.clothes);
    box(context, 288, 212, 64, 74, 28, look.skin);
    ellipse(context, 320, 270, 46, 24, look.skin);
    ellipse(context, 320, 158, 74, 86, look.skin);
    fringe[look.cut](context, look.hair);
    for (const x of [292, 348]) ellipse(context, x, 158, 6, 7.5, '#2a211d');
    context.strokeStyle = '#2a211d';
    context.lineWidth = 5;
    context.lineCap = 'round';
    context.beginPath();
    context.arc(320, 184, 26, 0.2 * Math.PI, 0.8 * Math.PI);
    context.stroke();
    context.restore();
  };
  draw();
  setInterval(draw, 100);

  const sound = () => {
    const audio = new AudioContext();
    const out = audio.createMediaStreamDestination();
    const volume = audio.createGain();
    volume.gain.value = speaks ? 0.2 : 0;
    const tone = audio.createOscillator();
    tone.frequency.value = 180;
    tone.connect(volume).connect(out);
    tone.start();
    return out.stream.getAudioTracks();
  };
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) =>
    new MediaStream([...(audio ? sound() : []), ...(video ? canvas.captureStream(10).getVideoTracks() : [])]);
};
