import { ATOMS, fail, finish, MODE, report } from "./common.js";

async function main() {
  const text = await (await fetch(`/data/${ATOMS}.xyz`)).text();
  const tuned = MODE.includes("tuned") ? { antialias: false, upscale: false, disableFog: true } : {};
  const viewer = globalThis.$3Dmol.createViewer(document.body, { backgroundColor: "white", orthographic: true, ...tuned });
  const model = viewer.addModel(text, "xyz");
  model.setStyle({}, { sphere: { scale: 0.3, colorscheme: "Jmol" } });
  viewer.zoomTo();
  viewer.rotate(25, "x");
  viewer.render();
  finish();
  const step = () => {
    viewer.rotate(1.2, "y");
    finish();
  };
  await report({ atoms: model.selectedAtoms({}).length, bonds: 0 }, MODE.includes("first") ? null : step);
}

main().catch(fail);
