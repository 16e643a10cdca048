import { ATOMS, fail, finish, frame, MODE, report } from "./common.js";

const OFF = { name: "off", params: {} };

async function main() {
  const host = document.createElement("div");
  host.style.cssText = "position:absolute;inset:0";
  document.body.append(host);
  const { plugin } = await globalThis.molstar.Viewer.create(host, { layoutShowControls: false, layoutIsExpanded: false, viewportShowExpand: false });
  const { builders } = plugin;
  const raw = await builders.data.rawData({ data: await (await fetch(`/data/${ATOMS}.xyz`)).text() });
  const model = await builders.structure.createModel(await builders.structure.parseTrajectory(raw, "xyz"));
  const structure = await builders.structure.createStructure(model);
  const all = await builders.structure.tryCreateComponentStatic(structure, "all");
  await builders.structure.representation.addRepresentation(all, { type: "spacefill", typeParams: { sizeFactor: 0.3 }, color: "element-symbol" });
  const canvas = plugin.canvas3d;
  if (MODE.includes("tuned")) {
    canvas.setProps({ multiSample: { mode: "off" }, postprocessing: { occlusion: OFF, shadow: OFF, outline: OFF, antialiasing: OFF } });
  }
  let drawn = () => {};
  canvas.didDraw.subscribe(() => drawn());
  const next = () => new Promise((resolve) => {
    drawn = resolve;
    canvas.requestDraw();
    setTimeout(resolve, 20_000);
  });
  while (canvas.reprCount.value < 1) await frame();
  canvas.requestCameraReset({ durationMs: 0 });
  await frame();
  canvas.commit(true);
  await next();
  finish();
  const step = async () => {
    const { position, target } = canvas.camera.getSnapshot();
    const [x, z] = [position[0] - target[0], position[2] - target[2]];
    const [c, s] = [Math.cos(0.02), Math.sin(0.02)];
    const turned = [...position];
    turned[0] = target[0] + x * c - z * s;
    turned[2] = target[2] + x * s + z * c;
    canvas.camera.setState({ position: turned }, 0);
    await next();
    finish();
  };
  await report({ atoms: structure.obj.data.elementCount, bonds: 0 }, step);
}

main().catch(fail);
