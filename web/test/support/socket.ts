// The server's side of a WebSocket, as far as a stage needs it: text frames out,
// text frames in.
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export interface Peer {
  send(text: string): void;
  onText: (text: string) => void;
  /** Ends the connection without a word, as a lost network does. */
  cut(): void;
}

export function accept(request: IncomingMessage, socket: Duplex): Peer {
  const key = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${magic}`).digest("base64");
  const protocol = request.headers["sec-websocket-protocol"];
  const head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  head.push(`Sec-WebSocket-Accept: ${key}`, ...(protocol ? [`Sec-WebSocket-Protocol: ${protocol}`] : []), "", "");
  socket.write(head.join("\r\n"));
  const peer: Peer = {
    onText: () => {},
    send: (text) => {
      if (socket.writable) socket.write(frame(Buffer.from(text)));
    },
    cut: () => socket.destroy(),
  };
  let held = Buffer.alloc(0);
  socket.on("error", () => {}); // the page went away
  socket.on("data", (part: Buffer) => {
    held = Buffer.concat([held, part]);
    for (let f = take(held); f; f = take(held)) {
      held = held.subarray(f.size);
      if (f.opcode === 1) peer.onText(f.body.toString());
      else if (f.opcode === 8) socket.end(Buffer.from([0x88, 0]));
    }
  });
  return peer;
}

function frame(body: Buffer): Buffer {
  const n = body.length;
  if (n < 126) return Buffer.concat([Buffer.from([0x81, n]), body]);
  const head = n < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
  head[0] = 0x81;
  head[1] = n < 65_536 ? 126 : 127;
  if (n < 65_536) head.writeUInt16BE(n, 2);
  else head.writeBigUInt64BE(BigInt(n), 2);
  return Buffer.concat([head, body]);
}

function take(held: Buffer): { opcode: number; body: Buffer; size: number } | undefined {
  if (held.length < 2) return undefined;
  const short = (held[1] ?? 0) & 0x7f;
  const at = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (held.length < at + 4) return undefined;
  const n = short === 126 ? held.readUInt16BE(2) : short === 127 ? Number(held.readBigUInt64BE(2)) : short;
  if (held.length < at + 4 + n) return undefined;
  const mask = held.subarray(at, at + 4);
  const body = Buffer.from(held.subarray(at + 4, at + 4 + n).map((b, i) => b ^ (mask[i % 4] ?? 0)));
  return { opcode: (held[0] ?? 0) & 0x0f, body, size: at + 4 + n };
}
