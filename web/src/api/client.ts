// Requests to the server we were served from. A refusal is a Problem with its
// field and the next step; it is shown as it is.
import type { ProblemDocument } from "./types";

/** The server's own problem, or one of the way to it ("unreachable", "unknown"). */
export type ProblemBody = Pick<ProblemDocument, "status" | "detail"> &
  Partial<Omit<ProblemDocument, "status" | "detail" | "code">> & { code: string };

export class Problem extends Error {
  constructor(readonly body: ProblemBody) {
    super(body.detail);
  }

  get status(): number {
    return this.body.status;
  }
}

let csrf = "";
let signedOut: (() => void) | undefined;

export function setCsrf(token: string): void {
  csrf = token;
}

/** Who is told when the server no longer knows us. */
export function onSignedOut(f: () => void): void {
  signedOut = f;
}

export interface Ask {
  method?: string;
  body?: unknown;
  signal?: AbortSignal;
  accept?: string;
  headers?: Record<string, string>;
}

export async function request(path: string, ask: Ask = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: ask.accept ?? "application/json", ...ask.headers };
  const init: RequestInit = { method: ask.method ?? "GET", headers, credentials: "same-origin" };
  if (ask.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(ask.body);
  }
  if (init.method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  if (ask.signal) init.signal = ask.signal;
  let res: Response;
  try {
    res = await fetch(`/api/v1${path}`, init);
  } catch (cause) {
    if (ask.signal?.aborted) throw cause;
    throw new Problem({
      status: 0,
      code: "unreachable",
      detail: "The server does not answer.",
      hint: "What runs goes on. Try again when it is back.",
    });
  }
  if (res.ok) return res;
  if (res.status === 401) signedOut?.();
  throw new Problem(await problemOf(res));
}

async function problemOf(res: Response): Promise<ProblemBody> {
  try {
    const body = (await res.json()) as Partial<ProblemBody>;
    return { ...body, status: res.status, detail: body.detail ?? res.statusText, code: body.code ?? "unknown" };
  } catch {
    return { status: res.status, code: "unknown", detail: res.statusText || `The server answered ${res.status}.` };
  }
}

export async function json<T>(path: string, ask?: Ask): Promise<T> {
  const res = await request(path, ask);
  return (await res.json()) as T;
}

/** A key by which the server recognizes a request sent again. */
export function requestId(): string {
  return crypto.randomUUID();
}
