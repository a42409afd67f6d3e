//! REGISTER → 401 → REGISTER with digest → 200, a new nonce each time.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::process::{BoxUnderTest, FIRST_ACCOUNT};
use super::sip::{authorization, call_number, register, status};

const AT_ONCE: usize = 64;
const ACCOUNTS: u32 = 100;

pub(super) struct Registers {
    pub(super) per_s: f64,
    pub(super) cpu_ms: f64,
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

pub(super) fn run(tested: &mut BoxUnderTest, duration: Duration) -> Result<Registers> {
    let phone = UdpSocket::bind("127.0.0.1:0")?;
    phone.set_nonblocking(true)?;
    let (local, remote) = (phone.local_addr()?, tested.sip);
    let user = |number: usize| FIRST_ACCOUNT + number as u32 % ACCOUNTS;
    let begin = |number: usize| register(number, user(number), 1, local, remote, "");
    for number in 1..=AT_ONCE {
        phone.send_to(begin(number).as_bytes(), remote)?;
    }
    let (mut begun, mut done) = (AT_ONCE, 0u64);
    let (start, cpu) = (now(), tested.cpu_s()?);
    let mut buffer = [0; 4096];
    while start.elapsed() < duration {
        let Ok((length, _)) = phone.recv_from(&mut buffer) else { continue };
        let Ok(message) = std::str::from_utf8(&buffer[..length]) else { continue };
        let (Some(status), Some(number)) = (status(message), call_number(message)) else {
            continue;
        };
        let next = match status {
            401 => {
                let name = user(number).to_string();
                let line = authorization(message, "REGISTER", &format!("sip:{remote}"), &name);
                register(number, user(number), 2, local, remote, &line)
            }
            200 => {
                done += 1;
                begun += 1;
                begin(begun)
            }
            _ => bail!("a registration was refused: {}", message.lines().next().unwrap_or("")),
        };
        phone.send_to(next.as_bytes(), remote)?;
    }
    let per_s = done as f64 / start.elapsed().as_secs_f64();
    Ok(Registers { per_s, cpu_ms: (tested.cpu_s()? - cpu) * 1000.0 / done.max(1) as f64 })
}
