/** What belongs to an object that does not change, made once for it. */
export function once<K extends object, V>(make: (of: K) => V): (of: K) => V {
  const made = new WeakMap<K, { v: V }>();
  return (of) => {
    let known = made.get(of);
    if (!known) {
      known = { v: make(of) };
      made.set(of, known);
    }
    return known.v;
  };
}
