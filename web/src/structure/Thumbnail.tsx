import { useEffect, useState } from "react";
import { type Crystal, type Theme, thumbnail } from "../viewer";

/** A small picture, drawn once by the page's one context and shown as an image. */
export function Thumbnail({
  crystal,
  theme,
  width = 96,
  height = 72,
  alt,
}: {
  crystal: Crystal;
  theme: Theme;
  width?: number;
  height?: number;
  alt: string;
}) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    let made = "";
    let gone = false;
    void thumbnail(crystal, 2 * width, 2 * height, { theme, gizmo: false }).then((blob) => {
      if (!blob || gone) return;
      made = URL.createObjectURL(blob);
      setUrl(made);
    });
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [crystal, theme, width, height]);
  return url ? (
    <img src={url} width={width} height={height} alt={alt} />
  ) : (
    <span className="skeleton" style={{ width, height, display: "inline-block" }} role="img" aria-label={alt} />
  );
}
