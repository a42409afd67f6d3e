//! The D-channels' frames, kept for the page and for `tipring trace`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use tipring_api::{TraceField, TraceFrame, TraceWords};
use tipring_isdn::q921::Side;
use tipring_isdn::trace::{
    RECORD_MAX, TraceRing, TracedFrame, capture, carries_message, describe, details,
};
use tipring_line::Language;
use tokio::sync::{mpsc, watch};

use crate::control::PAYLOAD_MAX;

/// Frames told at once.
const FRAMES_MAX: usize = 64;
/// Frames of one trace: as many as its capture has room for.
const TRACE_FRAMES_MAX: usize = PAYLOAD_MAX / RECORD_MAX;

/// One ring for each span with a D-channel. Clones are the same rings.
#[derive(Clone, Debug)]
pub(crate) struct SpanTraces {
    rings: Arc<Mutex<BTreeMap<String, TraceRing>>>,
    /// Counts frames, of all spans.
    changed: watch::Sender<u64>,
}

impl SpanTraces {
    /// None yet.
    pub(crate) fn new() -> Self {
        SpanTraces { rings: Arc::default(), changed: watch::Sender::new(0) }
    }

    /// The rings are sound at every moment, so a panic elsewhere does not spoil them.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, TraceRing>> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new ring for a span at whose D-channel the box is `our` side. Whoever drives the span's
    /// signalling feeds it.
    pub(crate) fn ring(&self, span: &str, our: Side) -> TraceRing {
        let changed = self.changed.clone();
        let ring = TraceRing::new(our, move || changed.send_modify(|n| *n = n.wrapping_add(1)));
        self.lock().insert(span.to_owned(), ring.clone());
        ring
    }

    fn get(&self, span: &str) -> Option<TraceRing> {
        self.lock().get(span).cloned()
    }

    /// Follows a D-channel for `time`, or until nobody hears `tell`, to which each frame's line goes:
    /// the frames as a capture file.
    ///
    /// # Errors
    /// There is no such span.
    pub(crate) async fn follow(
        &self,
        span: &str,
        (time, language): (Duration, Language),
        tell: mpsc::Sender<String>,
    ) -> anyhow::Result<Vec<u8>> {
        let ring = self.get(span).with_context(|| {
            let spans: Vec<String> = self.lock().keys().cloned().collect();
            format!("no span {span} with a D-channel; there is: {}", spans.join(", "))
        })?;
        let mut frames: Vec<TracedFrame> = Vec::new();
        let following = async {
            let (mut changes, mut cursor) = (self.changed.subscribe(), ring.last());
            loop {
                changes.borrow_and_update();
                for frame in ring.after(cursor, FRAMES_MAX) {
                    cursor = frame.number;
                    let line = describe(frame.sender, &frame.octets, language);
                    let heard = tell.send(format!("{} {line}", frame.at)).await.is_ok();
                    frames.push(frame);
                    if !heard || frames.len() == TRACE_FRAMES_MAX {
                        return;
                    }
                }
                if ring.last() == cursor && changes.changed().await.is_err() {
                    return;
                }
            }
        };
        // Its end in time is the usual one.
        let _ = tokio::time::timeout(time, following).await;
        ensure!(
            frames.len() < TRACE_FRAMES_MAX,
            "the trace is full after {TRACE_FRAMES_MAX} frames: follow for a shorter time"
        );
        Ok(capture(ring.side(), &frames))
    }
}

fn words(frame: &TracedFrame, language: Language) -> TraceWords {
    let fields = details(frame.sender, &frame.octets, language);
    let field =
        |field: tipring_isdn::trace::Detail| TraceField { name: field.name, value: field.value };
    TraceWords {
        line: describe(frame.sender, &frame.octets, language),
        fields: fields.into_iter().map(field).collect(),
    }
}

fn shown(our: Side, frame: &TracedFrame) -> TraceFrame {
    let octets: Vec<String> = frame.octets.iter().map(|octet| format!("{octet:02X}")).collect();
    TraceFrame {
        number: frame.number,
        at_ms: frame.at.unix_millis(),
        sent: frame.sender == our,
        call_control: carries_message(&frame.octets),
        zh: words(frame, Language::Chinese),
        en: words(frame, Language::English),
        octets: octets.join(" "),
    }
}

impl tipring_api::SpanTraces for SpanTraces {
    fn spans(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    fn after(&self, span: &str, number: u64, limit: usize) -> Option<Vec<TraceFrame>> {
        let ring = self.get(span)?;
        let frames = ring.after(number, limit);
        Some(frames.iter().map(|frame| shown(ring.side(), frame)).collect())
    }

    fn capture(&self, span: &str) -> Option<Vec<u8>> {
        Some(self.get(span)?.capture())
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use tipring_api::SpanTraces as _;
    use tipring_clock::WallTime;

    use super::*;

    const SABME: &[u8] = &[0, 1, 0x7F];
    const SETUP: &[u8] = &[2, 1, 0, 0, 8, 2, 0, 1, 5, 0xA1];

    fn at(ms: i64) -> WallTime {
        WallTime::from_unix_micros(ms * 1000)
    }

    #[test]
    fn frames_are_told_in_both_languages_and_woken_for() {
        let traces = SpanTraces::new();
        let changes = traces.changes();
        let ring = traces.ring("e1-1", Side::User);
        ring.push(at(5), Side::User, SABME);
        ring.push(at(6), Side::Network, SETUP);
        assert!(changes.has_changed().unwrap());
        let frames = traces.after("e1-1", 0, 9).unwrap();
        assert_eq!((frames[0].number, frames[0].at_ms, frames[0].sent), (1, 5, true));
        assert_eq!(frames[0].zh.line, "用户 → 网络：SABME 请求建立链路");
        assert_eq!(frames[0].octets, "00 01 7F");
        assert_eq!([frames[0].call_control, frames[1].call_control], [false, true]);
        assert_eq!(frames[1].en.fields.last().unwrap().name, "sending complete");
        assert_eq!(traces.after("e1-1", 2, 9), Some(vec![]));
        assert_eq!(traces.after("e1-2", 0, 9), None);
        assert_eq!(traces.capture("e1-1").unwrap()[..4], [0xD4, 0xC3, 0xB2, 0xA1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trace_follows_for_its_time_and_ends_in_a_capture() {
        let traces = SpanTraces::new();
        let ring = traces.ring("e1-1", Side::User);
        ring.push(at(1), Side::User, SABME);
        let (tell, mut told) = mpsc::channel(4);
        let minute = (Duration::from_secs(60), Language::English);
        let following = traces.follow("e1-1", minute, tell.clone());
        let feeding = async {
            tokio::task::yield_now().await;
            ring.push(at(2), Side::Network, SETUP);
            ring.push(at(3), Side::User, SABME);
        };
        let (file, ()) = tokio::join!(following, feeding);
        assert_eq!(file.unwrap().len(), 24 + 2 * 32 + SETUP.len() + SABME.len());
        let first = told.recv().await.unwrap();
        assert!(first.ends_with("network → user: SETUP a call begins, call 1, number complete"));
        assert!(told.recv().await.unwrap().ends_with("SABME asks for the link"));
        let wrong = traces.follow("e1-9", minute, tell);
        assert!(wrong.await.unwrap_err().to_string().ends_with("there is: e1-1"));
    }
}
