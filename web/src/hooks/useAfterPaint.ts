import { startTransition, useEffect, useState } from "react";

/** False in the first frame of a component, true from the next: what may follow waits until what matters is seen. */
export function useAfterPaint(): boolean {
  const [painted, setPainted] = useState(false);
  useEffect(() => {
    // A frame's callbacks run before it is painted; a message sent there comes after.
    const after = new MessageChannel();
    after.port1.onmessage = () => startTransition(() => setPainted(true));
    const frame = requestAnimationFrame(() => after.port2.postMessage(0));
    return () => {
      cancelAnimationFrame(frame);
      after.port1.close();
    };
  }, []);
  return painted;
}
