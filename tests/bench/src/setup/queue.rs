//! From an agent's becoming free to the next caller's INVITE at the agent's phone.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::Delays;
use super::process::{BoxUnderTest, FIRST_ACCOUNT, QUEUE};
use super::sip::{Caller, answer, authorization, call_number, header, register, sdp, status};

/// Callers who wait at any time.
const WAITING: usize = 20;
/// How long the agent talks.
const TALK: Duration = Duration::from_millis(30);
const GIVE_UP: Duration = Duration::from_secs(20);

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

/// The agent's phone.
struct Phone {
    socket: UdpSocket,
    sdp: String,
    /// The INVITE being talked in, and when to hang up.
    talking: Option<(String, Instant)>,
    freed: Option<Instant>,
    cseq: u32,
}

struct Scene<'a> {
    tested: &'a BoxUnderTest,
    sdp: String,
    begun: usize,
}

pub(super) fn run(tested: &mut BoxUnderTest, wanted: usize) -> Result<Delays> {
    let sink = UdpSocket::bind("127.0.0.1:0")?;
    let sdp = sdp(sink.local_addr()?, true);
    let mut phone = log_in(tested, &sdp)?;
    let mut scene = Scene { tested, sdp, begun: 0 };
    for _ in 0..=WAITING {
        scene.call_in()?;
    }
    let mut delays = Vec::new();
    let mut last = now();
    while delays.len() < wanted {
        scene.receive()?;
        let before = delays.len();
        phone.receive(tested, &mut delays)?;
        if delays.len() > before {
            last = now();
        }
        if last.elapsed() > GIVE_UP {
            bail!("no caller was offered to the agent for {} s", GIVE_UP.as_secs());
        }
    }
    Ok(Delays(delays))
}

/// Registers the phone and logs the agent in from it.
fn log_in(tested: &BoxUnderTest, sdp: &str) -> Result<Phone> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    let (local, remote) = (socket.local_addr()?, tested.sip);
    let user = FIRST_ACCOUNT.to_string();
    let send = |m: &str| socket.send_to(m.as_bytes(), remote).map(|_| ());
    let number = 1_000_000;
    send(&register(number, FIRST_ACCOUNT, 1, local, remote, ""))?;
    let challenge = expect(&socket, "REGISTER", 401)?;
    let line = authorization(&challenge, "REGISTER", &format!("sip:{remote}"), &user);
    send(&register(number, FIRST_ACCOUNT, 2, local, remote, &line))?;
    expect(&socket, "REGISTER", 200)?;
    let called = "*611%231%23";
    let caller = Caller { number, what: "login", user: &user, called, local, remote };
    send(&caller.invite(sdp, 1, ""))?;
    let challenge = expect(&socket, "INVITE", 401)?;
    send(&caller.within("ACK", 1, &challenge))?;
    let line = authorization(&challenge, "INVITE", &format!("sip:{called}@{remote}"), &user);
    send(&caller.invite(sdp, 2, &line))?;
    let answered = expect(&socket, "INVITE", 200)?;
    send(&caller.within("ACK", 2, &answered))?;
    send(&caller.within("BYE", 3, &answered))?;
    expect(&socket, "BYE", 200)?;
    socket.set_nonblocking(true)?;
    Ok(Phone { socket, sdp: sdp.to_owned(), talking: None, freed: None, cseq: 0 })
}

/// Waits for the response to `method`; provisional ones and requests of the box are passed over.
fn expect(socket: &UdpSocket, method: &str, wanted: u16) -> Result<String> {
    let mut buffer = [0; 4096];
    loop {
        let (length, _) = socket.recv_from(&mut buffer)?;
        let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let of_method = header(&message, "CSeq").is_some_and(|c| c.ends_with(method));
        match status(&message) {
            Some(s) if of_method && s == wanted => return Ok(message),
            Some(s) if of_method && s >= 200 => {
                bail!("{method}: {}", message.lines().next().unwrap_or(""))
            }
            _ => {}
        }
    }
}

impl Phone {
    fn receive(&mut self, tested: &BoxUnderTest, delays: &mut Vec<f64>) -> Result<()> {
        let mut buffer = [0; 4096];
        while let Ok((length, _)) = self.socket.recv_from(&mut buffer) {
            let at = now();
            let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let (method, local) =
                (message.split(' ').next().unwrap_or(""), self.socket.local_addr()?);
            let reply = match method {
                "INVITE" if self.talking.is_none() => {
                    if let Some(freed) = self.freed.take() {
                        delays.push((at - freed).as_secs_f64() * 1000.0);
                    }
                    self.talking = Some((message.clone(), at + TALK));
                    answer(&message, "200 OK", local, Some(&self.sdp))
                }
                "INVITE" => answer(&message, "486 Busy Here", local, None),
                "ACK" | "SIP/2.0" => continue,
                _ => answer(&message, "200 OK", local, None),
            };
            self.socket.send_to(reply.as_bytes(), tested.sip)?;
        }
        if self.talking.as_ref().is_some_and(|(_, until)| now() >= *until)
            && let Some((invite, _)) = self.talking.take()
        {
            self.hang_up(tested, &invite)?;
        }
        Ok(())
    }

    /// The agent hangs up, and is free from then on.
    fn hang_up(&mut self, tested: &BoxUnderTest, invite: &str) -> Result<()> {
        self.cseq += 1;
        let contact = header(invite, "Contact").unwrap_or_default();
        let uri = contact.split(['<', '>']).nth(1).unwrap_or(contact);
        let (from, to) = (header(invite, "To"), header(invite, "From"));
        let bye = format!(
            "BYE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKbye{n}\r\nFrom: {};tag=agent\r\n\
             To: {}\r\nCall-ID: {}\r\nCSeq: {n} BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
            from.unwrap_or_default(),
            to.unwrap_or_default(),
            header(invite, "Call-ID").unwrap_or_default(),
            local = self.socket.local_addr()?,
            n = self.cseq,
        );
        self.freed = Some(now());
        self.socket.send_to(bye.as_bytes(), tested.sip)?;
        Ok(())
    }
}

impl Scene<'_> {
    fn caller(&self, number: usize) -> Result<Caller<'_>> {
        let (local, remote) = (self.tested.trunk.local_addr()?, self.tested.sip);
        Ok(Caller { number, what: "queue", user: "13800138000", called: QUEUE, local, remote })
    }

    fn call_in(&mut self) -> Result<()> {
        self.begun += 1;
        let invite = self.caller(self.begun)?.invite(&self.sdp, 1, "");
        self.tested.trunk.send_to(invite.as_bytes(), self.tested.sip)?;
        Ok(())
    }

    fn receive(&mut self) -> Result<()> {
        let mut buffer = [0; 4096];
        while let Ok((length, _)) = self.tested.trunk.recv_from(&mut buffer) {
            let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let of_invite = header(&message, "CSeq").is_some_and(|c| c.ends_with("INVITE"));
            match (status(&message), call_number(&message)) {
                (Some(200), Some(number)) if of_invite => {
                    let ack = self.caller(number)?.within("ACK", 1, &message);
                    self.tested.trunk.send_to(ack.as_bytes(), self.tested.sip)?;
                }
                (None, _) if message.starts_with("BYE") => {
                    let ok = answer(&message, "200 OK", self.tested.trunk.local_addr()?, None);
                    self.tested.trunk.send_to(ok.as_bytes(), self.tested.sip)?;
                    // Somebody else waits in this one's place.
                    self.call_in()?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
