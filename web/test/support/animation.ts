// A moving picture of screenshots: an animated WebP, whose frames the browser
// packs and whose container is written here (RIFF: VP8X, ANIM, a frame each).
import type { Page } from "playwright-core";

export interface Frame {
  png: Buffer;
  ms: number;
}

export async function animate(page: Page, frames: readonly Frame[], quality = 0.6): Promise<Buffer> {
  const packed: { data: Buffer; ms: number }[] = [];
  let size = { width: 0, height: 0 };
  for (const f of frames) {
    const made = await page.evaluate(packOne, [f.png.toString("base64"), quality] as const);
    size = made;
    packed.push({ data: picture(Buffer.from(made.webp, "base64")), ms: f.ms });
  }
  const head = Buffer.alloc(10);
  head[0] = 0x02; // it moves
  head.writeUIntLE(size.width - 1, 4, 3);
  head.writeUIntLE(size.height - 1, 7, 3);
  const body = Buffer.concat([
    Buffer.from("WEBP"),
    chunk("VP8X", head),
    chunk("ANIM", Buffer.from([255, 255, 255, 255, 0, 0])),
    ...packed.map((p) => chunk("ANMF", frame(p, size))),
  ]);
  const riff = Buffer.alloc(8);
  riff.write("RIFF");
  riff.writeUInt32LE(body.length, 4);
  return Buffer.concat([riff, body]);
}

/** In a page: a PNG as a WebP without transparency. */
async function packOne([png, quality]: readonly [string, number]) {
  const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d", { alpha: false })?.drawImage(image, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality });
  const out = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (const b of out) text += String.fromCharCode(b);
  return { webp: btoa(text), width: image.width, height: image.height };
}

/** The picture's own chunk out of a file with one picture. */
function picture(file: Buffer): Buffer {
  for (let at = 12; at < file.length; ) {
    const size = file.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    if (/^VP8[ L]$/.test(file.toString("latin1", at, at + 4))) return file.subarray(at, end);
    at = end;
  }
  throw new Error("the browser packed no picture");
}

function frame(p: { data: Buffer; ms: number }, size: { width: number; height: number }): Buffer {
  const head = Buffer.alloc(16);
  head.writeUIntLE(size.width - 1, 6, 3);
  head.writeUIntLE(size.height - 1, 9, 3);
  head.writeUIntLE(p.ms, 12, 3);
  head[15] = 0x02; // each frame stands for itself
  return Buffer.concat([head, p.data]);
}

function chunk(name: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name);
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}
