// What every page does alike: it shows a block of rock salt and reports how long
// the first picture took and how fast it turns. A frame ends when its pixels can
// be read, so that software GL is really measured.
const query = new URLSearchParams(location.search);
export const ATOMS = Number(query.get("atoms"));
export const MODE = query.get("mode") ?? "";

const contexts = [];
for (const Canvas of [HTMLCanvasElement, OffscreenCanvas]) {
  const original = Canvas.prototype.getContext;
  Canvas.prototype.getContext = function (type, ...rest) {
    const gl = original.call(this, type, ...rest);
    if (gl && /webgl/.test(type) && !contexts.includes(gl)) contexts.push(gl);
    return gl;
  };
}

/** Waits until the largest context has drawn. */
export function finish() {
  const size = (gl) => gl.drawingBufferWidth * gl.drawingBufferHeight;
  const gl = contexts.reduce((a, b) => (size(b) > size(a) ? b : a));
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  return gl;
}

export const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** Turns for three seconds. */
async function turn(step) {
  await frame();
  await step(0);
  const times = [];
  const before = await window.processor?.();
  const start = performance.now();
  let last = start;
  while (last - start < 3000 || times.length < 3) {
    const now = await frame();
    await step(now);
    const end = performance.now();
    times.push(end - last);
    last = end;
  }
  const cpu = ((await window.processor?.()) - before) / times.length;
  times.sort((a, b) => a - b);
  return { cpu: Number.isFinite(cpu) ? cpu : undefined, fps: (1000 * times.length) / (last - start), p95: times[Math.floor(0.95 * (times.length - 1))] };
}

/** Call when the first picture is drawn; settle waits until nothing is left to do before the turning. */
export async function report(counts, step, more = async () => ({}), settle = async () => {}) {
  const first = performance.now(); // since the navigation began
  const gl = finish();
  await settle();
  const buffer = `${gl.drawingBufferWidth}x${gl.drawingBufferHeight}x${gl.getParameter(gl.SAMPLES)}`;
  const speed = step ? await turn(step) : {};
  window.result = { ...counts, first, buffer, ...speed, ...(await more()) };
}

export const fail = (e) => {
  window.result = { error: String(e?.stack ?? e).slice(0, 300) };
};
