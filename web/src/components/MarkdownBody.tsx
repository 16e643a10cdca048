// Loaded when the first finished text is shown: markdown, formulas, chips.
import "katex/contrib/mhchem";
import ReactMarkdown from "react-markdown";
import rehypeKatex from "rehype-katex";
import rehypeSanitize, { defaultSchema } from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import remarkMath from "remark-math";
import { Formula, SpaceGroupSymbol } from "../lib/formula";
import { linkCitations } from "../run/values";
import rehypeScience from "./rehypeScience";
import { ValueChip } from "./ValueChip";

// Sanitized before the formulas are set, which make elements of their own.
const schema = {
  ...defaultSchema,
  attributes: { ...defaultSchema.attributes, code: [["className", /^language-./, "math-inline", "math-display"]] },
} as typeof defaultSchema;

export default function MarkdownBody({ text }: { text: string }) {
  return (
    <ReactMarkdown
      remarkPlugins={[remarkGfm, remarkMath]}
      rehypePlugins={[
        [rehypeSanitize, schema],
        rehypeScience,
        [rehypeKatex, { output: "mathml", strict: false, trust: false, maxExpand: 500 }],
      ]}
      components={{
        a: ({ href, children }) =>
          href?.startsWith("#value-") ? (
            <ValueChip of={decodeURIComponent(href.slice(7))} />
          ) : href === "#no-source" ? (
            <span className="no-source" title="The model wrote this number itself: no tool returned it">
              {children}
            </span>
          ) : (
            <a href={href} target="_blank" rel="noreferrer noopener">
              {children}
            </a>
          ),
        span: ({ children, className, ...rest }) =>
          className === "formula" ? (
            <Formula of={String(children)} />
          ) : className === "space-group" ? (
            <SpaceGroupSymbol of={String(children)} />
          ) : (
            <span className={className} {...rest}>
              {children}
            </span>
          ),
        img: ({ alt }) => <span>{alt}</span>,
        h1: ({ children }) => <h3>{children}</h3>,
        h2: ({ children }) => <h3>{children}</h3>,
        table: ({ children }) => (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls is reached by keyboard
          <div className="scroll-x" role="group" tabIndex={0} aria-label="Table">
            <table>{children}</table>
          </div>
        ),
      }}
    >
      {linkCitations(text)}
    </ReactMarkdown>
  );
}
