//! INVITE → 200 → ACK, BYE → 200, to a flow that answers and plays, as fast as the box can.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::process::{ANSWER, BoxUnderTest};
use super::sip::{Caller, call_number, header, sdp, status};

/// Calls being set up at once: enough to keep the box busy, few enough not to queue for long.
const AT_ONCE: usize = 64;
/// A call that has not got on for so long is counted as lost, and another begun in its place.
const LOST_AFTER: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_secs(2);

pub(super) struct SetUps {
    pub(super) per_s: f64,
    pub(super) cpu_ms: f64,
    /// Resident memory of the box before, after half of the time and after all of it.
    pub(super) rss_kb: [u64; 3],
    pub(super) lost: u64,
}

struct Load<'a> {
    tested: &'a BoxUnderTest,
    sdp: String,
    begun: usize,
    under_way: Vec<(usize, Instant)>,
    done: u64,
    lost: u64,
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

pub(super) fn run(tested: &mut BoxUnderTest, duration: Duration) -> Result<SetUps> {
    // The box's prompts go here; nobody reads them.
    let sink = UdpSocket::bind("127.0.0.1:0")?;
    let sdp = sdp(sink.local_addr()?, true);
    let mut load = Load { tested, sdp, begun: 0, under_way: Vec::new(), done: 0, lost: 0 };
    load.run_for(WARM_UP)?;
    let (done, cpu, rss, start) = (load.done, tested.cpu_s()?, tested.rss_kb()?, now());
    load.run_for(duration / 2)?;
    let rss_half = tested.rss_kb()?;
    load.run_for(duration / 2)?;
    let calls = (load.done - done) as f64;
    let cpu_ms = (tested.cpu_s()? - cpu) * 1000.0 / calls;
    let per_s = calls / start.elapsed().as_secs_f64();
    let rss_after = tested.rss_kb()?;
    load.finish()?;
    if calls < 1.0 {
        bail!("not one call was set up");
    }
    Ok(SetUps { per_s, cpu_ms, rss_kb: [rss, rss_half, rss_after], lost: load.lost })
}

impl Load<'_> {
    fn run_for(&mut self, duration: Duration) -> Result<()> {
        let end = now() + duration;
        while now() < end {
            while self.under_way.len() < AT_ONCE {
                self.begin()?;
            }
            self.receive()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        let end = now() + LOST_AFTER;
        while !self.under_way.is_empty() && now() < end {
            self.receive()?;
        }
        Ok(())
    }

    fn caller(&self, number: usize) -> Result<Caller<'_>> {
        let local = self.tested.trunk.local_addr()?;
        let (called, remote) = (ANSWER, self.tested.sip);
        Ok(Caller { number, what: "setup", user: "13800138000", called, local, remote })
    }

    fn send(&self, message: &str) -> Result<()> {
        self.tested.trunk.send_to(message.as_bytes(), self.tested.sip)?;
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        self.begun += 1;
        self.send(&self.caller(self.begun)?.invite(&self.sdp, 1, ""))?;
        self.under_way.push((self.begun, now()));
        Ok(())
    }

    fn receive(&mut self) -> Result<()> {
        let mut buffer = [0; 4096];
        for _ in 0..64 {
            let Ok((length, _)) = self.tested.trunk.recv_from(&mut buffer) else { break };
            let Ok(message) = std::str::from_utf8(&buffer[..length]) else { continue };
            self.take(message)?;
        }
        let late = now();
        let before = self.under_way.len();
        self.under_way.retain(|(_, at)| late.duration_since(*at) < LOST_AFTER);
        self.lost += (before - self.under_way.len()) as u64;
        Ok(())
    }

    fn take(&mut self, message: &str) -> Result<()> {
        let (Some(status), Some(number)) = (status(message), call_number(message)) else {
            return Ok(());
        };
        let of_invite = header(message, "CSeq").is_some_and(|c| c.ends_with("INVITE"));
        match (of_invite, status) {
            (true, 200) => {
                let caller = self.caller(number)?;
                self.send(&caller.within("ACK", 1, message))?;
                self.send(&caller.within("BYE", 2, message))
            }
            (true, 300..) => bail!("a call was refused: {}", message.lines().next().unwrap_or("")),
            (false, 200) => {
                if let Some(at) = self.under_way.iter().position(|(n, _)| *n == number) {
                    self.under_way.swap_remove(at);
                    self.done += 1;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
