// Typed listeners.
export class Emitter<Events> {
  private readonly listeners = new Map<keyof Events, Set<(v: never) => void>>();

  on<K extends keyof Events>(type: K, fn: (value: Events[K]) => void): () => void {
    const set = this.listeners.get(type) ?? new Set();
    set.add(fn as (v: never) => void);
    this.listeners.set(type, set);
    return () => set.delete(fn as (v: never) => void);
  }

  emit<K extends keyof Events>(type: K, value: Events[K]): void {
    for (const fn of this.listeners.get(type) ?? []) (fn as (v: Events[K]) => void)(value);
  }

  clear(): void {
    this.listeners.clear();
  }
}
