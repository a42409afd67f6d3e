/** A D-channel's frames as they come. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, unwrap } from "../../app/api";
import { withFrame, type TraceFrame } from "./traceFrames";

/** How long to wait before a broken stream is opened again, in ms. */
const RETRY_MS = 3000;

/** The spans that have a D-channel. */
export function useTracedSpans() {
  return useQuery({
    queryKey: ["traced-spans"],
    queryFn: () => unwrap(api.GET("/api/spans/traced")),
  });
}

/** Where a span's frames are, live or, with `.pcap`, as a file. */
export function traceUrl(span: string, file = false): string {
  return `/api/spans/${encodeURIComponent(span)}/trace${file ? ".pcap" : ""}`;
}

/** The frames of a span while `span` is given, newest last. */
export function useTrace(span: string | undefined): { frames: TraceFrame[]; lost: boolean } {
  const [frames, setFrames] = useState<TraceFrame[]>([]);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    setFrames([]);
    setLost(false);
    if (span === undefined) return undefined;
    let source: EventSource;
    let timer: number | undefined;
    const open = (): void => {
      source = new EventSource(traceUrl(span));
      let first = true;
      source.addEventListener("open", () => setLost(false));
      source.addEventListener("frame", (message: MessageEvent<string>) => {
        const frame = JSON.parse(message.data) as TraceFrame;
        // A stream begins with the frames that are kept, so the list begins anew with it.
        const anew = first;
        first = false;
        setFrames((before) => withFrame(anew ? [] : before, frame));
      });
      source.addEventListener("error", () => {
        source.close();
        setLost(true);
        timer = window.setTimeout(open, RETRY_MS);
      });
    };
    open();
    return () => {
      source.close();
      window.clearTimeout(timer);
    };
  }, [span]);
  return { frames, lost };
}
