/** Hands an address to the browser as a file. */
export function download(href: string, name: string): void {
  const a = document.createElement("a");
  a.href = href;
  a.download = name;
  document.body.append(a);
  a.click();
  a.remove();
}

/** The same with what was made here. */
export function saveFile(name: string, body: BlobPart, type = "application/json"): void {
  const url = URL.createObjectURL(new Blob([body], { type }));
  download(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
