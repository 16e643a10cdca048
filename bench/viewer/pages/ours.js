import { decodeCompact, fromCompact, Viewer } from "../../../web/src/viewer";
import { ATOMS, fail, finish, MODE, report } from "./common.js";

async function main() {
  const host = document.createElement("div");
  host.style.cssText = "position:absolute;inset:0";
  document.body.append(host);
  const bonds = MODE.includes("bonds");
  const data = decodeCompact(await (await fetch(`/data/${ATOMS}.compact`)).arrayBuffer());
  const viewer = Viewer.create(host, { bonds, images: "none", reducedMotion: true });
  viewer.quality.adaptive = MODE.includes("adaptive");
  viewer.show([fromCompact("salt", data)]);
  viewer.drawNow(true);
  finish();
  const c = viewer.counts();
  const { points, lines, triangles } = viewer.stage.drawn;
  if (points + lines + triangles / 2 < c.atoms + c.bonds) throw new Error(`drawn: ${points} points, ${lines} lines, ${triangles} triangles`);
  const step = (now) => {
    viewer.camera.view.turn(0, 0.02);
    viewer.quality.frame(now);
    viewer.drawNow(true);
    finish();
  };
  await report({ atoms: c.atoms, bonds: c.bonds }, MODE.includes("first") ? null : step, async () => ({
    ...picking(viewer),
    idle: await idle(viewer),
  }), () => settle(viewer));
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for the fine picture at rest, so that it is not drawn while turning. */
async function settle(viewer) {
  for (let last = -1; last !== viewer.draws; await wait(500)) last = viewer.draws;
}

/** The first pick builds the grid; the others are what a pointer feels. */
function picking(viewer) {
  const times = [];
  for (let k = 0; k < 200; k++) {
    const start = performance.now();
    viewer.pickAt(200 + 2.5 * k, 100 + 2 * k);
    times.push(performance.now() - start);
  }
  const [cold, ...warm] = times;
  warm.sort((a, b) => a - b);
  return { pickCold: cold, pick: warm[Math.floor(0.95 * warm.length)] };
}

/** Pictures drawn in a second in which nothing happens. */
async function idle(viewer) {
  await settle(viewer);
  const before = viewer.draws;
  await wait(1000);
  return viewer.draws - before;
}

main().catch(fail);
