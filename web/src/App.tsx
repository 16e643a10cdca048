import { Menu as MenuIcon } from "lucide-react";
import { useEffect } from "react";
import { Link, Route, Routes, useLocation } from "react-router";
import { onSignedOut, Problem, setCsrf } from "./api/client";
import { queryClient, useMe } from "./api/queries";
import type { Me } from "./api/types";
import { ProblemNote, Skeleton } from "./components/Bits";
import { Boundary } from "./components/Boundary";
import { CommandPalette } from "./components/CommandPalette";
import { OpenDialog } from "./components/OpenDialog";
import { Rail } from "./components/Rail";
import { ShortcutsDialog } from "./components/ShortcutsDialog";
import { Home } from "./routes/Home";
import { OpenedRun } from "./routes/OpenedRun";
import { SessionPage } from "./routes/SessionPage";
import { SignIn } from "./routes/SignIn";
import { useUi } from "./ui/state";

export function App() {
  const me = useMe();
  useEffect(() => onSignedOut(() => void queryClient.invalidateQueries({ queryKey: ["me"] })), []);
  useEffect(() => setCsrf(me.data?.csrf ?? ""), [me.data]);
  const unknown = me.error instanceof Problem && me.error.status === 401;
  if (unknown) return <SignIn />;
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
            <Route path="/signin" element={<SignIn />} />
            <Route path="*" element={<Nowhere />} />
          </Routes>
        </Boundary>
      </div>
      {dialog === "palette" ? <CommandPalette /> : null}
      {dialog === "shortcuts" ? <ShortcutsDialog /> : null}
      {dialog === "open" ? <OpenDialog /> : null}
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
