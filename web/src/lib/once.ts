/** What belongs to an object that does not change, made once for it, or for the part of it that matters. */
export function once<K extends object, V>(make: (of: K) => V, by: (of: K) => object = (of) => of): (of: K) => V {
  const made = new WeakMap<object, { v: V }>();
  return (of) => {
    const key = by(of);
    let known = made.get(key);
    if (!known) {
      known = { v: make(of) };
      made.set(key, known);
    }
    return known.v;
  };
}
