/** Starts the page. */
import "./style/base.css";
import "./style/parts.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./app/api";
import { App } from "./app/App";
import { startI18n } from "./i18n";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // What the box refused it will refuse again; what did not reach it is tried again.
      retry: (count, error) => !(error instanceof ApiError && error.status !== 0) && count < 2,
      refetchOnWindowFocus: false,
      // A branch's box is on the local network: the browser's notion of "online" says nothing.
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

await startI18n();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
