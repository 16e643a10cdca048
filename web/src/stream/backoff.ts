// Full jitter (0.5 s to 20 s): a server that comes back is not met by everybody
// at once. Health of 30 s starts from the beginning again.
const base = 500;
const ceiling = 20_000;
export const healthyAfter = 30_000;

export function delay(failures: number, random: () => number): number {
  return random() * Math.min(ceiling, base * 2 ** Math.min(failures, 10));
}
