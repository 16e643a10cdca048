// The ceiling: the same renderer with nothing to draw.
import { OrthographicCamera, Scene, WebGLRenderer } from "../../../web/node_modules/three/build/three.module.js";
import { fail, finish, report } from "./common.js";

try {
  const renderer = new WebGLRenderer({ antialias: false });
  renderer.setClearColor("#ffffff");
  renderer.setSize(innerWidth, innerHeight);
  document.body.append(renderer.domElement);
  const [scene, camera] = [new Scene(), new OrthographicCamera()];
  const draw = () => {
    renderer.render(scene, camera);
    finish();
  };
  draw();
  await report({ atoms: 0, bonds: 0 }, draw);
} catch (e) {
  fail(e);
}
