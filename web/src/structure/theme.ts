// The page's colors, followed by the viewer.
import { useEffect, useState } from "react";
import { DARK, LIGHT, type Theme } from "../viewer";

/** A CSS color as #rrggbb, by the browser's own parser. */
function hex(css: string, fallback: string): string {
  const ctx = document.createElement("canvas").getContext("2d");
  if (!ctx || css.trim() === "") return fallback;
  ctx.fillStyle = fallback;
  ctx.fillStyle = css.trim();
  const out = String(ctx.fillStyle);
  return /^#[0-9a-f]{6}$/.test(out) ? out : fallback;
}

function read(): Theme {
  const root = document.documentElement;
  const css = getComputedStyle(root);
  const dark = css.colorScheme.trim() === "dark";
  const base = dark ? DARK : LIGHT;
  return {
    background: hex(css.getPropertyValue("--surface"), base.background),
    ink: hex(css.getPropertyValue("--text"), base.ink),
    line: hex(css.getPropertyValue("--line-strong"), base.line),
    accent: hex(css.getPropertyValue("--accent"), base.accent),
  };
}

export function usePageTheme(): Theme {
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    const update = () => setTheme(read());
    update();
    const observer = new MutationObserver(update);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "data-theme", "style"] });
    const media = matchMedia("(prefers-color-scheme: dark)");
    media.addEventListener("change", update);
    return () => {
      observer.disconnect();
      media.removeEventListener("change", update);
    };
  }, []);
  return theme;
}

export function useReducedMotion(): boolean {
  const query = "(prefers-reduced-motion: reduce)";
  const [reduced, setReduced] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const update = () => setReduced(media.matches);
    media.addEventListener("change", update);
    return () => media.removeEventListener("change", update);
  }, []);
  return reduced;
}
