//! Calls with a peer that is played message by message.

mod common;

use common::{Link, box_config, config};
use tipring_clock::Duration;
use tipring_line::{
    AnswerCertainty, CallerId, Cause, ChannelCommand, ChannelEvent, ChannelId, Digit, DigitSource,
    Endpoint, Presentation, RedirectReason, Redirection,
};
use tipring_sip::{
    Config, DtmfMode, Limits, MediaChange, NetworkAddress, Output, Refusal, TrunkAccess,
    TrunkConfig,
};

const PEER: &str = "192.0.2.77:5060";
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.77\r\ns=-\r\nc=IN IP4 192.0.2.77\r\nt=0 0\r\n\
    m=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n";

fn trunk_config() -> Config {
    let proxy: std::net::SocketAddr = PEER.parse().unwrap();
    let trunk = TrunkConfig {
        index: 0,
        name: "street".into(),
        access: TrunkAccess::Address(vec![NetworkAddress::host(proxy.ip())]),
        proxy,
        transport: Default::default(),
        domain: String::new(),
        default_caller: None,
        trust_identity: false,
        dtmf: DtmfMode::Auto,
        qualify: None,
    };
    Config { trunks: vec![trunk], ..box_config() }
}

/// The box, and a peer at the trunk's address.
struct Play {
    link: Link,
}

/// The value of a header line in a message.
fn header<'t>(message: &'t str, name: &str) -> &'t str {
    let line = message.lines().find(|line| line.starts_with(&format!("{name}: ")));
    line.map_or("", |line| &line[name.len() + 2..])
}

fn status(messages: &[String]) -> Vec<&str> {
    messages
        .iter()
        .map(|m| m.split("\r\n").next().unwrap())
        .map(|l| l.strip_prefix("SIP/2.0 ").map_or(l.split(' ').next().unwrap(), |rest| &rest[..3]))
        .collect()
}

fn request(method: &str, branch: &str, to_tag: &str, cseq: u32, more: &str, body: &str) -> String {
    let to_tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
    let kind = if body.starts_with("v=0") { "Content-Type: application/sdp\r\n" } else { "" };
    format!(
        "{method} sip:600@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bK{branch}\r\n\
         From: <sip:139@192.0.2.77>;tag=peer\r\nTo: <sip:600@192.0.2.1>{to_tag}\r\nCall-ID: play\r\n\
         CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\nContact: <sip:139@192.0.2.77>\r\n{more}{kind}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Play {
    fn new(config_of_box: Config) -> Self {
        Play { link: Link::between(config_of_box, config(common::PHONE), 5) }
    }

    fn hear(&mut self, text: &str) -> Vec<String> {
        self.link.inject(0, PEER, text.as_bytes())
    }

    fn tell(&mut self, channel: ChannelId, command: &ChannelCommand) -> Vec<String> {
        self.link.command(0, channel, command);
        self.hear("\r\n\r\n")
    }

    /// Lets time pass; what the box sent meanwhile.
    fn wait(&mut self, d: Duration) -> Vec<String> {
        let end = self.link.now + d;
        let mut sent = self.hear("\r\n\r\n");
        while let Some(at) = self.link.sides[0].agent.poll_timeout().filter(|at| *at <= end) {
            self.link.now = self.link.now.max(at);
            let common::Side { agent, ports, .. } = &mut self.link.sides[0];
            agent.handle_timeout(at, ports);
            sent.extend(self.hear("\r\n\r\n"));
        }
        self.link.now = end;
        sent
    }

    fn events(&self, channel: ChannelId) -> Vec<ChannelEvent> {
        self.link.sides[0].channels.get(&channel).map(|t| t.events.clone()).unwrap_or_default()
    }

    fn media(&self, channel: ChannelId) -> Vec<MediaChange> {
        self.link.sides[0].channels.get(&channel).map(|t| t.media.clone()).unwrap_or_default()
    }

    /// An answered call from the peer; the box's tag.
    fn call(&mut self) -> (ChannelId, String) {
        let channel = ChannelId::sip_in(0);
        assert_eq!(status(&self.hear(&request("INVITE", "1", "", 1, "", SDP))), ["100"]);
        let ringing = self.tell(channel, &ChannelCommand::Alert);
        assert_eq!(status(&ringing), ["180"]);
        let answer = self.tell(channel, &ChannelCommand::Answer);
        assert_eq!(status(&answer), ["200"]);
        let tag = header(&answer[0], "To").rsplit("tag=").next().unwrap().to_owned();
        assert!(self.hear(&request("ACK", "1a", &tag, 1, "", "")).is_empty());
        (channel, tag)
    }

    fn over(&mut self) {
        self.wait(Duration::from_secs(200));
        self.link.assert_nothing_left();
    }
}

#[test]
fn hold_resume_and_hang_up() {
    let mut play = Play::new(trunk_config());
    let (channel, tag) = play.call();
    let held = SDP.replace("sendrecv", "sendonly");
    let answer = play.hear(&request("INVITE", "2", &tag, 2, "", &held));
    assert_eq!(status(&answer), ["200"]);
    assert!(answer[0].contains("a=recvonly\r\n"), "{answer:?}");
    // The ACK is missing: the 200 comes again, and another INVITE has to wait.
    assert_eq!(status(&play.hear(&request("INVITE", "3", &tag, 3, "", SDP))), ["500"]);
    assert_eq!(status(&play.wait(Duration::from_millis(600))), ["200"]);
    play.hear(&request("ACK", "2a", &tag, 2, "", ""));
    assert_eq!(status(&play.hear(&request("INVITE", "4", &tag, 4, "", SDP))), ["200"]);
    play.hear(&request("ACK", "4a", &tag, 4, "", ""));
    let bye = request("BYE", "5", &tag, 5, "Reason: Q.850;cause=17\r\n", "");
    assert_eq!(status(&play.hear(&bye)), ["200"]);
    assert_eq!(status(&play.hear(&bye)), ["200"], "repeated");
    let [ChannelEvent::Offered { called, trunk, .. }, rest @ ..] = &play.events(channel)[..] else {
        panic!()
    };
    assert_eq!((called.unwrap().as_str(), *trunk), ("600", Some(0)));
    let expected = [
        ChannelEvent::Held(true),
        ChannelEvent::Held(false),
        ChannelEvent::Released(Cause::UserBusy),
    ];
    assert_eq!(rest, expected);
    let sends: Vec<_> = play
        .media(channel)
        .iter()
        .map(|change| match change {
            MediaChange::Open(s) | MediaChange::Update(s) => Some(s.send),
            MediaChange::Close => None,
        })
        .collect();
    assert_eq!(sends, [Some(true), Some(false), Some(true), None]);
    play.over();
}

#[test]
fn the_caller_cancels() {
    let mut play = Play::new(trunk_config());
    let invite = request("INVITE", "1", "", 1, "", SDP);
    play.hear(&invite);
    assert_eq!(status(&play.hear(&invite)), ["100"], "repeated");
    let other_way = request("INVITE", "other", "", 1, "", SDP);
    assert_eq!(status(&play.hear(&other_way)), ["482"], "the same call by two ways");
    let cancel = request("CANCEL", "1", "", 1, "", "");
    assert_eq!(status(&play.hear(&cancel)), ["200", "487"]);
    assert_eq!(status(&play.wait(Duration::from_millis(500))), ["487"], "until the ACK");
    play.hear(&request("ACK", "1", "x", 1, "", ""));
    assert!(play.wait(Duration::from_secs(1)).is_empty());
    let events = play.events(ChannelId::sip_in(0));
    assert_eq!(events.last(), Some(&ChannelEvent::Released(Cause::NormalUnspecified)));
    play.over();
}

#[test]
fn a_call_without_offer_is_offered_ours() {
    let mut play = Play::new(trunk_config());
    let channel = ChannelId::sip_in(0);
    play.hear(&request("INVITE", "1", "", 1, "", ""));
    assert!(play.tell(channel, &ChannelCommand::OpenEarlyAudio).is_empty());
    let answer = play.tell(channel, &ChannelCommand::Answer);
    assert!(answer[0].contains("m=audio 16384 RTP/AVP 8 0 101\r\n"), "{answer:?}");
    assert!(play.media(channel).is_empty());
    let tag = header(&answer[0], "To").rsplit("tag=").next().unwrap().to_owned();
    play.hear(&request("ACK", "1a", &tag, 1, "", SDP));
    assert!(matches!(play.media(channel)[..], [MediaChange::Open(_)]));
    let bye = play.tell(channel, &ChannelCommand::Release(Cause::NormalClearing));
    assert_eq!(status(&bye), ["BYE"]);
    assert_eq!(header(&bye[0], "Reason"), "Q.850;cause=16");
    play.over();
}

#[test]
fn an_answer_nobody_acknowledges_ends_the_call() {
    let mut play = Play::new(trunk_config());
    let channel = ChannelId::sip_in(0);
    play.hear(&request("INVITE", "1", "", 1, "", SDP));
    play.tell(channel, &ChannelCommand::Answer);
    let sent = play.wait(Duration::from_secs(33));
    assert_eq!(sent.iter().filter(|m| m.starts_with("SIP/2.0 200")).count(), 10);
    assert!(sent.iter().any(|m| m.starts_with("BYE ")));
    assert_eq!(play.events(channel).last(), Some(&ChannelEvent::Released(Cause::TimerExpired)));
    play.over();
}

#[test]
fn a_bye_waits_for_the_ack() {
    let mut play = Play::new(trunk_config());
    let channel = ChannelId::sip_in(0);
    play.hear(&request("INVITE", "1", "", 1, "", SDP));
    let answer = play.tell(channel, &ChannelCommand::Answer);
    let tag = header(&answer[0], "To").rsplit("tag=").next().unwrap().to_owned();
    assert!(play.tell(channel, &ChannelCommand::Release(Cause::NormalClearing)).is_empty());
    assert_eq!(play.link.sides[0].released(channel), Some(Cause::NormalClearing));
    assert_eq!(status(&play.hear(&request("ACK", "1a", &tag, 1, "", ""))), ["BYE"]);
    play.over();
}

#[test]
fn strangers_have_no_part_in_a_call() {
    let mut play = Play::new(trunk_config());
    let (channel, tag) = play.call();
    let bye = request("BYE", "s", &tag, 9, "", "");
    let answer = play.link.inject(0, "198.51.100.1:5060", bye.as_bytes());
    assert_eq!(status(&answer), ["403"]);
    let wrong = request("BYE", "t", "0123456789abcdef", 9, "", "");
    assert_eq!(status(&play.hear(&wrong)), ["481"]);
    let refused =
        Output::Refused { source: "198.51.100.1:5060".parse().unwrap(), why: Refusal::WrongSource };
    assert!(play.link.sides[0].others.contains(&refused));
    assert_eq!(play.link.sides[0].released(channel), None);
    play.hear(&bye);
    play.over();
}

#[test]
fn keys_by_info_both_ways() {
    let mut play = Play::new(trunk_config());
    let (channel, tag) = play.call();
    let info = |branch: &str, cseq, kind: &str, body: &str| {
        request("INFO", branch, &tag, cseq, &format!("Content-Type: {kind}\r\n"), body)
    };
    let relay = info("i1", 2, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
    assert_eq!(status(&play.hear(&relay)), ["200"]);
    assert_eq!(status(&play.hear(&relay)), ["200"], "repeated, and told once");
    assert_eq!(status(&play.hear(&info("i2", 3, "application/dtmf", "#"))), ["200"]);
    assert_eq!(status(&play.hear(&info("i3", 4, "application/dtmf-relay", "hello"))), ["400"]);
    assert_eq!(status(&play.hear(&info("i4", 5, "text/plain", "5"))), ["415"]);
    let digits: Vec<_> = play.events(channel)[1..].to_vec();
    let source = DigitSource::SipInfo;
    let digit = |c| ChannelEvent::Digit { digit: Digit::from_char(c).unwrap(), source };
    assert_eq!(digits, [digit('5'), digit('#')]);
    // The peer's INVITE did not allow INFO and has no events, so keys go to it as tones.
    let keys: tipring_line::Digits = "12".chars().filter_map(Digit::from_char).collect();
    assert!(play.tell(channel, &ChannelCommand::SendDigits(keys.clone())).is_empty());
    assert!(play.link.sides[0].others.contains(&Output::SendTones(channel, keys)));
    play.hear(&request("BYE", "b", &tag, 9, "", ""));
    play.over();
}

#[test]
fn keys_go_one_by_one() {
    let mut config = trunk_config();
    config.trunks[0].dtmf = DtmfMode::Info;
    let mut play = Play::new(config);
    let (channel, tag) = play.call();
    let keys = "9*".chars().filter_map(Digit::from_char).collect();
    let first = play.tell(channel, &ChannelCommand::SendDigits(keys));
    assert_eq!(status(&first), ["INFO"]);
    assert!(first[0].ends_with("Signal=9\r\nDuration=160\r\n"));
    let ok = |sent: &str| {
        let lines = ["Via", "From", "To", "Call-ID", "CSeq"];
        let lines: Vec<_> = lines.iter().map(|n| format!("{n}: {}\r\n", header(sent, n))).collect();
        format!("SIP/2.0 200 OK\r\n{}Content-Length: 0\r\n\r\n", lines.concat())
    };
    let second = play.hear(&ok(&first[0]));
    assert!(second[0].ends_with("Signal=*\r\nDuration=160\r\n"), "{second:?}");
    assert!(play.hear(&ok(&second[0])).is_empty());
    play.hear(&request("BYE", "b", &tag, 9, "", ""));
    play.over();
}

#[test]
fn other_requests_within_a_call() {
    let mut play = Play::new(trunk_config());
    let (_, tag) = play.call();
    let ask = |method: &str, cseq, body: &str| request(method, method, &tag, cseq, "", body);
    assert_eq!(status(&play.hear(&ask("UPDATE", 2, ""))), ["200"]);
    let held = SDP.replace("sendrecv", "inactive");
    let update = request("UPDATE", "u2", &tag, 3, "", &held);
    assert!(play.hear(&update)[0].contains("a=inactive\r\n"));
    assert_eq!(status(&play.hear(&ask("REFER", 4, ""))), ["603"]);
    assert_eq!(status(&play.hear(&ask("OPTIONS", 5, ""))), ["200"]);
    assert_eq!(status(&play.hear(&ask("SUBSCRIBE", 6, ""))), ["481"], "no subscription of ours");
    assert_eq!(status(&play.hear(&ask("PRACK", 7, ""))), ["481"]);
    assert_eq!(status(&play.hear(&ask("INFO", 1, ""))), ["500"], "out of order");
    let no_codec = SDP.replace("AVP 8", "AVP 18");
    assert_eq!(status(&play.hear(&request("INVITE", "n", &tag, 8, "", &no_codec))), ["488"]);
    assert_eq!(status(&play.hear(&ask("BYE", 9, ""))), ["200"]);
    play.over();
}

#[test]
fn what_is_full_says_when_to_come_again() {
    let limits = Limits { calls: 1, ..Limits::default() };
    let mut play = Play::new(Config { limits, ..trunk_config() });
    let (channel, _) = play.call();
    let second = request("INVITE", "x", "", 1, "", SDP).replace("Call-ID: play", "Call-ID: two");
    let answer = play.hear(&second);
    assert_eq!((status(&answer), header(&answer[0], "Retry-After")), (vec!["503"], "5"));
    play.tell(channel, &ChannelCommand::Release(Cause::NormalClearing));
    play.over();
}

/// The answer to an INVITE the box sent.
fn reply(invite: &str, line: &str, tag: &str, body: &str) -> String {
    let mut text = format!("SIP/2.0 {line}\r\n");
    for name in ["Via", "From", "Call-ID", "CSeq"] {
        text += &format!("{name}: {}\r\n", header(invite, name));
    }
    text += &format!("To: {};tag={tag}\r\nContact: <sip:139@192.0.2.77>\r\n", header(invite, "To"));
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    text + &format!("{kind}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn dial(play: &mut Play) -> (ChannelId, String) {
    let channel = ChannelId::sip_out(1);
    play.tell(channel, &ChannelCommand::Seize(Endpoint::SipTrunk(0)));
    let caller = CallerId::from_number("8001".parse().unwrap());
    let number = "13800138000".parse().unwrap();
    let sent = play.tell(channel, &ChannelCommand::Dial { number, caller });
    assert!(sent[0].starts_with("INVITE sip:13800138000@192.0.2.77 SIP/2.0\r\n"), "{sent:?}");
    (channel, sent[0].clone())
}

#[test]
fn of_two_forks_the_first_to_answer_has_the_call() {
    let mut play = Play::new(trunk_config());
    let (channel, invite) = dial(&mut play);
    play.hear(&reply(&invite, "180 Ringing", "a", ""));
    play.hear(&reply(&invite, "183 Session Progress", "b", SDP));
    let ack = play.hear(&reply(&invite, "200 OK", "a", SDP));
    assert_eq!(status(&ack), ["ACK"]);
    let again = play.hear(&reply(&invite, "200 OK", "a", SDP));
    assert_eq!(again, ack, "the same 200 is acknowledged by the same ACK");
    let other = play.hear(&reply(&invite, "200 OK", "b", SDP));
    assert_eq!(status(&other), ["ACK", "BYE"]);
    assert!(header(&other[1], "To").ends_with("tag=b"));
    const ANSWERED: ChannelEvent = ChannelEvent::Answered(AnswerCertainty::Signalled);
    let expected = [ChannelEvent::Ringing, ChannelEvent::EarlyAudio, ANSWERED];
    assert_eq!(play.events(channel), expected);
    let bye = play.tell(channel, &ChannelCommand::Release(Cause::NormalClearing));
    assert!(header(&bye[0], "To").ends_with("tag=a"));
    play.over();
}

#[test]
fn failures_are_told_by_their_cause() {
    for (line, cause) in [
        ("486 Busy Here", Cause::UserBusy),
        ("302 Moved Temporarily", Cause::Rejected),
        ("404 Not Found", Cause::UnallocatedNumber),
        ("603 Decline", Cause::Rejected),
        ("500 Oops\r\nReason: Q.850;cause=34", Cause::NoChannel),
    ] {
        let mut play = Play::new(trunk_config());
        let (channel, invite) = dial(&mut play);
        assert_eq!(status(&play.hear(&reply(&invite, line, "f", ""))), ["ACK"]);
        assert_eq!(status(&play.hear(&reply(&invite, line, "f", ""))), ["ACK"], "again");
        assert_eq!(play.link.sides[0].released(channel), Some(cause), "{line}");
        play.over();
    }
}

#[test]
fn an_answer_that_crosses_a_cancel_is_ended() {
    let mut play = Play::new(trunk_config());
    let (channel, invite) = dial(&mut play);
    let release = ChannelCommand::Release(Cause::NormalClearing);
    assert!(play.tell(channel, &release).is_empty(), "no CANCEL before a response");
    assert_eq!(status(&play.hear(&reply(&invite, "180 Ringing", "a", ""))), ["CANCEL"]);
    assert_eq!(status(&play.hear(&reply(&invite, "200 OK", "a", SDP))), ["ACK", "BYE"]);
    assert_eq!(play.events(channel), [ChannelEvent::Released(Cause::NormalClearing)]);
    play.over();
}

#[test]
fn nobody_answers_for_ever() {
    let mut play = Play::new(trunk_config());
    let (channel, invite) = dial(&mut play);
    play.hear(&reply(&invite, "180 Ringing", "a", ""));
    let sent = play.wait(Duration::from_secs(301));
    assert_eq!(status(&sent)[..1], ["CANCEL"]);
    assert_eq!(play.link.sides[0].released(channel), Some(Cause::NoAnswer));
    play.over();
}

#[test]
fn unreachable_ends_are_told_at_once() {
    let mut play = Play::new(trunk_config());
    for (count, endpoint, cause) in [
        (1, Endpoint::SipPhone("8001".parse().unwrap()), Cause::SubscriberAbsent),
        (2, Endpoint::SipPhone("9999".parse().unwrap()), Cause::UnallocatedNumber),
        (3, Endpoint::SipTrunk(7), Cause::NoRoute),
    ] {
        let channel = ChannelId::sip_out(count);
        play.tell(channel, &ChannelCommand::Seize(endpoint));
        assert_eq!(play.events(channel), [ChannelEvent::Released(cause)]);
    }
    play.over();
}

#[test]
fn a_registration_is_used_renewed_and_runs_out() {
    let mut link = Link::new(1);
    link.run(Duration::from_secs(1));
    let now = link.now;
    let registered: Vec<_> = link.sides[0].agent.registrations(now).collect();
    assert_eq!(registered.len(), 1);
    assert_eq!(registered[0].source, common::PHONE.parse().unwrap());
    link.run(Duration::from_secs(1000));
    let told = link.sides[0].others.iter().filter(|o| matches!(o, Output::Registered(_))).count();
    assert_eq!(told, 4, "renewed at half its time");
    link.sides[1].agent.reconfigure(link.now, config(common::PHONE));
    link.run(Duration::from_secs(700));
    assert!(link.sides[0].others.iter().any(|o| matches!(o, Output::Unregistered { .. })));
    assert_eq!(link.sides[0].agent.registrations(link.now).count(), 0);
}

#[test]
fn a_wrong_password_is_refused_and_tried_again_later() {
    let mut phone = common::phone_config();
    if let TrunkAccess::Registration { secret, .. } = &mut phone.trunks[0].access {
        *secret = "wrong".into();
    }
    let mut link = Link::between(box_config(), phone, 4);
    link.run(Duration::from_secs(5));
    assert_eq!(link.sides[1].agent.trunk_state(0), tipring_sip::TrunkState::Refused(403));
    assert_eq!(link.sides[0].agent.counters().wrong_credentials, 1);
    link.run(Duration::from_secs(30));
    assert_eq!(link.sides[0].agent.counters().wrong_credentials, 2);
}

#[test]
fn nothing_is_kept_for_a_stranger() {
    let mut link = Link::new(2);
    for n in 0..1000 {
        let register = request("REGISTER", &format!("r{n}"), "", n, "", "");
        let invite = request("INVITE", &format!("i{n}"), "", n, "", SDP);
        for text in [register, invite] {
            let sent = link.inject(0, "198.51.100.9:1234", text.as_bytes());
            assert_eq!(status(&sent), ["401"]);
        }
    }
    assert_eq!(link.sides[0].agent.transactions(), (0, 0));
    assert_eq!(link.sides[0].agent.calls(), 0);
    assert_eq!(link.sides[0].agent.counters().challenges, 2000);
}

#[test]
fn phones_are_kept_alive_while_they_are_registered() {
    let mut config = box_config();
    config.registrar.keep_alive = Some(Duration::from_secs(32));
    let mut link = Link::between(config, common::phone_config(), 8);
    link.run(Duration::from_secs(321));
    let sent = link.sides[1].agent.counters().messages_in;
    // Two answers to its own two REGISTERs, and one question every 32 seconds.
    assert!((10..=16).contains(&sent), "{sent}");
    link.sides[1].agent.reconfigure(link.now, common::config(common::PHONE));
    link.run(Duration::from_secs(900));
    assert_eq!(link.sides[0].agent.poll_timeout(), None, "nothing is asked when nobody is there");
}

#[test]
fn a_nonce_is_not_used_twice() {
    let mut link = Link::new(6);
    let plain = request("REGISTER", "n1", "", 1, "", "").replace("sip:600@", "sip:8001@");
    let plain = plain.replace("sip:139@192.0.2.77>;tag", "sip:8001@192.0.2.1>;tag");
    let challenge = link.inject(0, PEER, plain.as_bytes());
    let nonce = header(&challenge[0], "WWW-Authenticate").split('"').nth(3).unwrap().to_owned();
    let answer = |nc: u32, branch: &str, cseq: &str| {
        use md5::{Digest as _, Md5};
        let md5 = |text: String| -> String {
            Md5::digest(text).iter().map(|b| format!("{b:02x}")).collect()
        };
        let (ha1, ha2) = (md5("8001:tipring:s".into()), md5("REGISTER:sip:192.0.2.1".into()));
        let response = md5(format!("{ha1}:{nonce}:{nc:08x}:c:auth:{ha2}"));
        let line = format!(
            "Authorization: Digest username=\"8001\", realm=\"tipring\", nonce=\"{nonce}\", \
             uri=\"sip:192.0.2.1\", response=\"{response}\", qop=auth, nc={nc:08x}, cnonce=\"c\"\r\n\
             Max-Forwards"
        );
        let text = plain.replace("Max-Forwards", &line).replace("z9hG4bKn1", branch);
        text.replace("CSeq: 1", cseq)
    };
    let ask = |link: &mut Link, text: String| link.inject(0, PEER, text.as_bytes());
    assert_eq!(status(&ask(&mut link, answer(1, "z9hG4bKn2", "CSeq: 2"))), ["200"]);
    assert_eq!(status(&ask(&mut link, answer(1, "z9hG4bKn2", "CSeq: 2"))), ["200"], "repeated");
    let replayed = ask(&mut link, answer(1, "z9hG4bKn3", "CSeq: 3"));
    assert_eq!(status(&replayed), ["401"]);
    assert!(replayed[0].contains("stale=true"), "{replayed:?}");
    assert_eq!(status(&ask(&mut link, answer(2, "z9hG4bKn4", "CSeq: 4"))), ["200"]);
    link.now += Duration::from_secs(301);
    assert!(ask(&mut link, answer(3, "z9hG4bKn5", "CSeq: 5"))[0].contains("stale=true"));
}

#[test]
fn a_trunk_may_not_transfer() {
    let mut play = Play::new(trunk_config());
    let (channel, tag) = play.call();
    let refer_to = "Refer-To: <sip:8001@192.0.2.1>\r\n";
    assert_eq!(status(&play.hear(&request("REFER", "2", &tag, 2, refer_to, ""))), ["603"]);
    assert!(!play.events(channel).iter().any(|e| matches!(e, ChannelEvent::Transfer { .. })));
    play.tell(channel, &ChannelCommand::Release(Cause::NormalClearing));
    play.over();
}

/// A trunk whose word is believed, and that believes ours.
fn trusting_config() -> Config {
    let mut config = trunk_config();
    config.trunks[0].trust_identity = true;
    config
}

fn restricted(number: &str) -> CallerId {
    let number = number.parse().unwrap();
    CallerId { presentation: Presentation::Restricted, ..CallerId::from_number(number) }
}

#[test]
fn who_answers_is_asserted_where_that_is_trusted() {
    let shown = CallerId::from_number("88889990".parse().unwrap());
    const SHOWN: &str = "<sip:88889990@192.0.2.77>";
    for (config, party, asserted, privacy) in [
        (trusting_config(), shown, SHOWN, ""),
        (trusting_config(), restricted("88889990"), SHOWN, "id"),
        (trunk_config(), shown, "", ""),
    ] {
        let mut play = Play::new(config);
        let channel = ChannelId::sip_in(0);
        play.hear(&request("INVITE", "1", "", 1, "", SDP));
        assert!(play.tell(channel, &ChannelCommand::Connected(party)).is_empty());
        let answer = play.tell(channel, &ChannelCommand::Answer);
        let told = ["P-Asserted-Identity", "Privacy"].map(|name| header(&answer[0], name));
        assert_eq!((status(&answer), told), (vec!["200"], [asserted, privacy]));
        play.tell(channel, &ChannelCommand::Release(Cause::NormalClearing));
        play.over();
    }
}

#[test]
fn who_answers_later_is_told_by_update_where_the_peer_takes_it() {
    let party = CallerId::from_number("88889990".parse().unwrap());
    for (allow, expected) in [("Allow: INVITE, UPDATE\r\n", vec!["UPDATE"]), ("", vec![])] {
        let mut play = Play::new(trusting_config());
        let channel = ChannelId::sip_in(0);
        play.hear(&request("INVITE", "1", "", 1, allow, SDP));
        let answer = play.tell(channel, &ChannelCommand::Answer);
        let tag = header(&answer[0], "To").rsplit("tag=").next().unwrap().to_owned();
        play.hear(&request("ACK", "1a", &tag, 1, "", ""));
        let update = play.tell(channel, &ChannelCommand::Connected(party));
        assert_eq!(status(&update), expected);
        for update in &update {
            assert_eq!(header(update, "P-Asserted-Identity"), "<sip:88889990@192.0.2.77>");
            assert!(!update.contains("Content-Type"), "the audio stays as it is: {update}");
            play.hear(&reply(update, "405 Method Not Allowed", &tag, ""));
        }
        let bye = play.tell(channel, &ChannelCommand::Release(Cause::NormalClearing));
        assert_eq!(status(&bye), ["BYE"], "the call goes on whatever the peer makes of it");
        play.over();
    }
}

#[test]
fn a_trunk_that_is_believed_tells_who_answered() {
    for (config, expected) in [(trusting_config(), Some(restricted("139"))), (trunk_config(), None)]
    {
        let mut play = Play::new(config);
        let (channel, invite) = dial(&mut play);
        let line = "200 OK\r\nP-Asserted-Identity: <sip:139@192.0.2.77>\r\nPrivacy: id";
        play.hear(&reply(&invite, line, "a", SDP));
        let told = play.events(channel).into_iter().find_map(|event| match event {
            ChannelEvent::Connected(party) => Some(party),
            _ => None,
        });
        assert_eq!(told, expected);
        play.tell(channel, &ChannelCommand::Release(Cause::NormalClearing));
        play.over();
    }
}

#[test]
fn diversions_are_told_both_ways_where_they_are_believed() {
    let redirection = Redirection {
        number: Some("88888003".parse().unwrap()),
        reason: RedirectReason::NoAnswer,
        original: Some("88886603".parse().unwrap()),
        ..Redirection::default()
    };
    const DIVERSIONS: [&str; 2] = [
        "Diversion: <sip:88888003@192.0.2.77>;reason=no-answer;privacy=off",
        "Diversion: <sip:88886603@192.0.2.77>;reason=unknown;privacy=off",
    ];
    for (config, trusts) in [(trusting_config(), true), (trunk_config(), false)] {
        let mut play = Play::new(config.clone());
        let channel = ChannelId::sip_out(1);
        play.tell(channel, &ChannelCommand::Seize(Endpoint::SipTrunk(0)));
        play.tell(channel, &ChannelCommand::Redirected(redirection));
        let number = "13800138000".parse().unwrap();
        let dial = ChannelCommand::Dial { number, caller: CallerId::default() };
        let invite = play.tell(channel, &dial).remove(0);
        let lines: Vec<_> = invite.lines().filter(|l| l.starts_with("Diversion")).collect();
        assert_eq!(lines, if trusts { &DIVERSIONS[..] } else { &[] });
        play.hear(&reply(&invite, "486 Busy Here", "a", ""));
        play.over();
        let mut play = Play::new(config);
        let more = format!("{}\r\n", DIVERSIONS.join("\r\n"));
        play.hear(&request("INVITE", "1", "", 1, &more, SDP));
        let channel = ChannelId::sip_in(0);
        let [ChannelEvent::Offered { redirection: came, .. }] = &play.events(channel)[..] else {
            panic!("one call: {:?}", play.events(channel));
        };
        assert_eq!(came.as_deref(), trusts.then_some(&redirection));
        play.tell(channel, &ChannelCommand::Release(Cause::UserBusy));
        play.hear(&request("ACK", "1", "x", 1, "", ""));
        play.over();
    }
}
