//! A make-believe span, `e1-1`, with a D-channel on which frames come as the test has them.

use std::sync::{Arc, Mutex};

use tipring_api::{SpanTraces, TraceField, TraceFrame, TraceWords};
use tokio::sync::watch;

#[derive(Clone)]
pub(crate) struct Traces {
    frames: Arc<Mutex<Vec<TraceFrame>>>,
    changed: watch::Sender<u64>,
}

impl Default for Traces {
    fn default() -> Self {
        Traces { frames: Arc::default(), changed: watch::Sender::new(0) }
    }
}

impl Traces {
    /// A frame comes.
    pub(crate) fn push(&self, line: &str) {
        let words = || TraceWords {
            line: line.into(),
            fields: vec![TraceField { name: "address".into(), value: "SAPI 0".into() }],
        };
        let mut frames = self.frames.lock().unwrap();
        let number = frames.len() as u64 + 1;
        frames.push(TraceFrame {
            number,
            at_ms: 1,
            sent: true,
            call_control: true,
            zh: words(),
            en: words(),
            octets: "00 01 7F".into(),
        });
        drop(frames);
        self.changed.send_modify(|n| *n += 1);
    }
}

impl SpanTraces for Traces {
    fn spans(&self) -> Vec<String> {
        vec!["e1-1".into()]
    }

    fn after(&self, span: &str, number: u64, limit: usize) -> Option<Vec<TraceFrame>> {
        let frames = self.frames.lock().unwrap();
        let after = frames.iter().filter(|frame| frame.number > number);
        (span == "e1-1").then(|| after.take(limit).cloned().collect())
    }

    fn capture(&self, span: &str) -> Option<Vec<u8>> {
        (span == "e1-1").then(|| vec![0xD4, 0xC3, 0xB2, 0xA1])
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}
