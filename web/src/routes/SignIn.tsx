import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { json, setCsrf } from "../api/client";
import type { Me } from "../api/types";
import { ProblemNote } from "../components/Bits";

/** Turns a token into a login: a cookie that no script can read. */
export default function SignIn() {
  const client = useQueryClient();
  const go = useNavigate();
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const signIn = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const me = await json<Me>("/auth/session", {
        method: "POST",
        headers: { Authorization: `Bearer ${token.trim()}` },
      });
      setCsrf(me.csrf ?? "");
      setToken("");
      client.clear();
      client.setQueryData(["me"], me);
      await go("/");
    } catch (err) {
      setError(err);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="home">
      <form
        className="home-body signin"
        onSubmit={(e) => {
          e.preventDefault();
          void signIn();
        }}
      >
        <h1 className="home-title">Sign in</h1>
        <label className="field">
          Token
          <input
            className="input num"
            type="password"
            autoComplete="off"
            value={token}
            onChange={(e) => setToken(e.target.value)}
            aria-describedby="token-help"
          />
        </label>
        <p id="token-help" className="soft small">
          Whoever runs this server makes one with <code>crystalyse token --user NAME</code>. The page keeps no copy of
          it.
        </p>
        {error ? <ProblemNote error={error} /> : null}
        <button type="submit" className="btn primary start" disabled={busy || token.trim() === ""}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
