import { lazy, memo, Suspense, useContext } from "react";
import { formatValue } from "../lib/format";
import { withoutMarks } from "../lib/plain";
import { plainCitations } from "../run/values";
import { Boundary } from "./Boundary";
import { ResolveContext } from "./ValueChip";

const Body = lazy(() => import("./MarkdownBody"));

/** A finished text. Until its renderer is there, the same words plainly. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <div className="prose">
      <Boundary what="This text">
        <Suspense fallback={<Plain text={text} />}>
          <Body text={text} />
        </Suspense>
      </Boundary>
    </div>
  );
});

/** A text that is being written: no markup, so that nothing jumps. */
export function Plain({ text }: { text: string }) {
  const resolve = useContext(ResolveContext);
  const shown = plainCitations(text, (key) => {
    const s = resolve(key);
    return s ? formatValue(s.value, s.unit, s.name) : key;
  });
  return <p className="plain">{withoutMarks(shown)}</p>;
}
