import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/narrow.css";
import "./styles/talk.css";
import "./styles/overlays.css";
import "./styles/results.css";
import "./styles/time.css";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { App } from "./App";
import { queryClient } from "./api/queries";

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>,
  );
