// Numbers, units and times as the field writes them: the same rounding by unit
// as internal/value/cite.go, a thin space before the unit, a real minus sign.
const decimals: Record<string, number> = {
  "eV/atom": 3,
  eV: 3,
  "eV/angstrom": 3,
  angstrom: 3,
  "angstrom^3": 2,
  "angstrom^3/atom": 2,
  degree: 2,
  GPa: 1,
  "mAh/g": 1,
  V: 2,
  "g/cm^3": 3,
  "%": 1,
};

const symbols: Record<string, string> = {
  angstrom: "Å",
  "angstrom^3": "Å³",
  "angstrom^3/atom": "Å³/atom",
  "eV/angstrom": "eV/Å",
  degree: "°",
  "g/cm^3": "g/cm³",
  byte: "bytes",
};

export const thin = "\u2009";

export function unitSymbol(unit: string): string {
  return symbols[unit] ?? unit;
}

export function formatNumber(x: number, unit = ""): string {
  if (!Number.isFinite(x)) return "unknown";
  const places = decimals[unit];
  let s: string;
  if (Number.isInteger(x) && Math.abs(x) < 1e15 && (places === undefined || unit === "%")) s = x.toFixed(0);
  else if (places !== undefined) s = x.toFixed(places);
  else s = significant(x);
  if (Number(s) === 0) s = s.replace("-", "");
  return s.replace("-", "\u2212");
}

function significant(x: number): string {
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e6)) return x.toExponential(3);
  return String(Number(x.toPrecision(4)));
}

export function formatValue(x: number | boolean | null | undefined, unit: string, name = ""): string {
  if (x === null || x === undefined) return "–";
  if (typeof x === "boolean") return name === "composition_valid" ? (x ? "valid" : "not valid") : x ? "yes" : "no";
  const n = formatNumber(x, unit);
  const u = unitSymbol(unit);
  return u === "" ? n : u === "°" ? n + u : n + thin + u;
}

export function formatSeconds(s: number): string {
  if (!Number.isFinite(s) || s < 0) return "–";
  if (s < 10) return `${s.toFixed(1)}${thin}s`;
  if (s < 60) return `${Math.round(s)}${thin}s`;
  const whole = Math.round(s);
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const two = (n: number) => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(whole % 60)}` : `${m}:${two(whole % 60)}`;
}

export function formatCount(n: number): string {
  if (n < 10_000) return String(n);
  if (n < 1e6) return `${(n / 1000).toFixed(n < 1e5 ? 1 : 0)}k`;
  return `${(n / 1e6).toFixed(1)}M`;
}

/** The time of day of a moment, seconds since 1970. */
export function formatClock(s: number): string {
  return new Date(s * 1000).toLocaleTimeString("en-GB");
}

export function formatWhen(iso: string, now = Date.now()): string {
  const t = Date.parse(iso);
  const s = (now - t) / 1000;
  if (s < 60) return "now";
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h`;
  if (s < 7 * 86_400) return `${Math.floor(s / 86_400)} d`;
  return new Date(t).toISOString().slice(0, 10);
}

export function words(name: string): string {
  return name.replaceAll("_", " ");
}

/** What a server or a tool says, shown as a sentence of its own. A name at its beginning, such as of an argument, stays as it is. */
export function asSentence(text: string, names: readonly string[] = []): string {
  const word = /^[a-z]+(?=$|[\s,.:;!?'’-])/.exec(text)?.[0];
  return word && !names.includes(word) ? word.charAt(0).toUpperCase() + text.slice(1) : text;
}

export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
