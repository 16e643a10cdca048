/** The words of a markdown text without its marks, where it is not rendered; names keep their underscores. */
export function withoutMarks(text: string): string {
  return text
    .replace(/^\|[ :|-]+\|$\n?/gm, "") // the rule under the head of a table
    .replace(/^\| *(.*?) *\|$/gm, (_, cells: string) => cells.split(/ *\| */).join(" · "))
    .replace(/^#+ /gm, "")
    .replace(/\*\*|`/g, "");
}
