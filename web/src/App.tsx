import { Menu as MenuIcon } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect } from "react";
import { Link, Route, Routes, useLocation, useNavigate } from "react-router";
import { onSignedOut, Problem, setCsrf } from "./api/client";
import { queryClient, useMe } from "./api/queries";
import type { Me } from "./api/types";
import { ProblemNote, Skeleton } from "./components/Bits";
import { Boundary } from "./components/Boundary";
import { Rail } from "./components/Rail";
import { useNotices } from "./hooks/useNotices";
import { Home } from "./routes/Home";
import { OpenedRun } from "./routes/OpenedRun";
import { SessionPage } from "./routes/SessionPage";
import { useUi } from "./ui/state";

// What few visits need comes when it is asked for.
const CommandPalette = lazy(() => import("./components/CommandPalette"));
const OpenDialog = lazy(() => import("./components/OpenDialog"));
const ShortcutsDialog = lazy(() => import("./components/ShortcutsDialog"));
const ModelDialog = lazy(() => import("./components/ModelDialog"));
const SignIn = lazy(() => import("./routes/SignIn"));

export function App() {
  const me = useMe();
  useEffect(() => onSignedOut(() => void queryClient.invalidateQueries({ queryKey: ["me"] })), []);
  useEffect(() => setCsrf(me.data?.csrf ?? ""), [me.data]);
  const unknown = me.error instanceof Problem && me.error.status === 401;
  if (unknown)
    return (
      <Suspense>
        <SignIn />
      </Suspense>
    );
  if (me.isError)
    return (
      <main className="home">
        <div className="home-body">
          <h1 className="home-title">CrystaLyse</h1>
          <ProblemNote error={me.error} onRetry={() => void me.refetch()} />
        </div>
      </main>
    );
  if (!me.data) return <Skeleton lines={4} label="CrystaLyse starts" />;
  return <Shell me={me.data} />;
}

function Shell({ me }: { me: Me }) {
  const open = useUi((u) => u.rail);
  const setOpen = useUi((u) => u.setRail);
  const dialog = useUi((u) => u.dialog);
  const at = useLocation();
  const go = useNavigate();
  useNotices(useCallback((session: string) => void go(`/s/${session}`), [go]));
  return (
    <div className={`shell ${open ? "rail-open" : ""}`}>
      <a className="skip" href="#content">
        To the content
      </a>
      <button
        type="button"
        className="btn icon rail-button"
        aria-expanded={open}
        aria-label="Sessions"
        onClick={() => setOpen(!open)}
      >
        <MenuIcon size={16} aria-hidden />
      </button>
      <Rail me={me} />
      {open ? (
        <button type="button" className="rail-shade" aria-label="Close the sessions" onClick={() => setOpen(false)} />
      ) : null}
      <div id="content" className="content" tabIndex={-1}>
        <Boundary key={at.pathname} what="This page">
          <Routes>
            <Route path="/" element={<Home />} />
            <Route path="/s/:session" element={<SessionPage me={me} />} />
            <Route path="/run" element={<OpenedRun />} />
            <Route
              path="/signin"
              element={
                <Suspense>
                  <SignIn />
                </Suspense>
              }
            />
            <Route path="*" element={<Nowhere />} />
          </Routes>
        </Boundary>
      </div>
      <Suspense>
        {dialog === "palette" ? <CommandPalette /> : null}
        {dialog === "shortcuts" ? <ShortcutsDialog /> : null}
        {dialog === "open" ? <OpenDialog /> : null}
        {dialog === "model" ? <ModelDialog /> : null}
      </Suspense>
    </div>
  );
}

function Nowhere() {
  return (
    <main className="home">
      <div className="home-body">
        <h1 className="home-title">There is nothing at this address</h1>
        <Link to="/">Start a session</Link>
      </div>
    </main>
  );
}
