import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { requestId } from "../api/client";
import { useCreate } from "../api/queries";
import type { Mode } from "../api/types";
import { ProblemNote } from "../components/Bits";
import { ModelNote } from "../components/ModelNote";
import { QueryInput, type Question } from "../components/QueryInput";
import { useShortcuts } from "../hooks/useShortcuts";
import { Sentence } from "../lib/formula";
import { useUi } from "../ui/state";

const examples: { query: string; mode: Mode; says: string }[] = [
  {
    query: "What is the crystal structure and formation energy of NaCl?",
    mode: "creative",
    says: "generates structures, relaxes them, names the best; about a minute",
  },
  {
    query: "Which of LiFePO4, NaFe2O3 and Mg2SiO4 are charge-balanced?",
    mode: "creative",
    says: "oxidation states; seconds",
  },
  {
    query: "Is CsPbI3 stable against decomposition?",
    mode: "rigorous",
    says: "relaxes competing phases, computes the distance to the hull; minutes",
  },
];

const noSteps: readonly string[] = [];

/** Nothing asked yet: the composer, and three questions that really run. */
export function Home() {
  const go = useNavigate();
  const create = useCreate();
  const [key, setKey] = useState(requestId);
  useShortcuts(noSteps);
  useEffect(() => {
    useUi.setState({ selection: {}, replayAt: undefined });
  }, []);
  const ask = (q: Question) =>
    create.mutate(
      { key, query: q.query, mode: q.mode, budget: q.budget },
      {
        onSuccess: (d) => {
          setKey(requestId());
          void go(`/s/${d.session_id}`);
        },
      },
    );
  return (
    <main className="home">
      <div className="home-body">
        <h1 className="home-title">Ask for a material</h1>
        <p className="soft">
          It reasons, generates and relaxes crystal structures, checks them, and answers with numbers that each name the
          calculation they come from.
        </p>
        {create.isError ? <ProblemNote error={create.error} /> : null}
        <QueryInput focused onSubmit={ask} busy={create.isPending} placeholder="Find a lead-free perovskite absorber" />
        <h2 className="soft small-title">Try one of these</h2>
        <ul className="examples">
          {examples.map((x) => (
            <li key={x.query}>
              <button
                type="button"
                className="example"
                disabled={create.isPending}
                onClick={() => ask({ query: x.query, mode: x.mode, budget: {} })}
              >
                <span>
                  <Sentence of={x.query} />
                </span>
                <span className="small soft">
                  {x.mode}: {x.says}
                </span>
              </button>
            </li>
          ))}
        </ul>
        <ModelNote />
      </div>
    </main>
  );
}
