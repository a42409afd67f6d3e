//! What must not happen in the thread that serves a span: opening its D-channel, and setting it up
//! again when it has come back.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rtrb::{Consumer, Producer, RingBuffer};

use crate::keeper::Tended;
use crate::open::{DEVICES, OpenError};
use crate::set_up::{SetUp, SpanPlan};
use crate::span::{DahdiSpan, SpanSettings, open_d_channel};
use crate::spans::{Control, alarms_of};

/// What a span and its keeper share.
#[derive(Debug)]
pub(crate) struct SpanLink {
    lost: Arc<AtomicBool>,
    returned: Consumer<File>,
}

impl SpanLink {
    /// The span has let go of its D-channel.
    pub(crate) fn set_lost(&self) {
        self.lost.store(true, Ordering::Release);
    }

    /// The D-channel that was opened again.
    pub(crate) fn returned(&mut self) -> Option<File> {
        self.returned.pop().ok()
    }
}

/// Looks after a span. To be called about once a second, from a thread that may wait.
#[derive(Debug)]
pub struct SpanKeeper {
    control: Control,
    settings: SpanSettings,
    plan: Option<SpanPlan>,
    lost: Arc<AtomicBool>,
    handed_over: Producer<File>,
    set_up: Option<SetUp>,
}

/// Opens a span: what serves its D-channel, and its keeper for another thread. With a plan, the
/// keeper sets it up again when it has been away.
///
/// # Errors
/// One line that says what to do.
pub fn open_span(
    settings: SpanSettings,
    plan: Option<SpanPlan>,
) -> Result<(DahdiSpan, SpanKeeper), OpenError> {
    let lost = Arc::new(AtomicBool::new(false));
    // One may wait: whoever lost one takes it before it can lose the next.
    let (handed_over, returned) = RingBuffer::new(1);
    let span = DahdiSpan::open(settings, SpanLink { lost: lost.clone(), returned })?;
    let control = Control::open()?;
    Ok((span, SpanKeeper { control, settings, plan, lost, handed_over, set_up: None }))
}

impl SpanKeeper {
    /// Sets the span up again if it has come back as the driver made it, and opens its D-channel if
    /// that had gone. May wait for the kernel.
    pub fn tend(&mut self) -> Tended {
        match self.mend() {
            Ok(true) => Tended::Returned,
            Ok(false) => Tended::Working,
            Err(why) => Tended::Gone(why),
        }
    }

    /// What was set up since this was asked last.
    pub fn take_set_up(&mut self) -> Option<SetUp> {
        self.set_up.take()
    }

    fn mend(&mut self) -> Result<bool, OpenError> {
        let number = self.settings.span;
        let info = self.control.info(number).ok_or(OpenError::NoSpan(number))?;
        if alarms_of(info.alarms as u32).gone {
            // It is just being taken away.
            return Err(OpenError::NoSpan(number));
        }
        if let Some(plan) = &self.plan
            && self.control.is_bare(plan)
        {
            self.set_up = Some(self.control.set_up(plan)?);
        }
        let Some(number) = self.settings.d_channel.filter(|_| self.lost.load(Ordering::Acquire))
        else {
            return Ok(false);
        };
        let file = open_d_channel(Path::new(DEVICES), number)?;
        // First the flag: the span may lose it again as soon as it has it.
        self.lost.store(false, Ordering::Release);
        let full = self.handed_over.push(file).is_err();
        debug_assert!(!full, "a span that has lost its D-channel has taken the one before");
        Ok(true)
    }
}
