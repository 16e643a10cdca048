// Before the first paint, so that a dark page does not flash white.
try {
  const chosen = localStorage.getItem("crystalyse.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // No storage: the system's theme is used.
}
