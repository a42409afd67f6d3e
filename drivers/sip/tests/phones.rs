//! What phones ask for beside calls: to be told of messages (RFC 3842), to take another leg's place
//! (RFC 3891); and how they are told to ring (RFC 3261, section 20.4).

mod common;

use common::{Link, box_config, config};
use md5::{Digest as _, Md5};
use tipring_clock::Duration;
use tipring_line::{
    AnswerCertainty, CallerId, Cause, ChannelCommand, ChannelEvent, ChannelId, Endpoint, Number,
};

const PHONE: &str = "192.0.2.77:5060";
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.77\r\ns=-\r\nc=IN IP4 192.0.2.77\r\nt=0 0\r\n\
    m=audio 4000 RTP/AVP 8\r\na=sendrecv\r\n";

fn number() -> Number {
    "8001".parse().unwrap()
}

fn header<'t>(message: &'t str, name: &str) -> &'t str {
    let line = message.lines().find(|line| line.starts_with(&format!("{name}: ")));
    line.map_or("", |line| &line[name.len() + 2..])
}

fn is(message: &str, status: &str) -> bool {
    message.starts_with(&format!("SIP/2.0 {status} "))
}

/// The box, and the phone of extension 8001 played message by message.
struct Play {
    link: Link,
    sent: u32,
}

impl Play {
    /// The phone has registered.
    fn new() -> Self {
        let link = Link::between(box_config(), config(common::PHONE), 9);
        let mut play = Play { link, sent: 0 };
        let answers = play.ask("REGISTER", "", "Expires: 600\r\n", "");
        assert!(is(&answers[0], "200"), "{answers:?}");
        play
    }

    fn hear(&mut self, text: &str) -> Vec<String> {
        self.link.inject(0, PHONE, text.as_bytes())
    }

    /// Sends a request outside of calls and, once it is challenged, again with the password.
    fn ask(&mut self, method: &str, to_tag: &str, more: &str, body: &str) -> Vec<String> {
        let first = self.request(method, to_tag, more, body);
        let challenge = self.hear(&first);
        assert!(is(&challenge[0], "401"), "{challenge:?}");
        let nonce = header(&challenge[0], "WWW-Authenticate").split('"').nth(3).unwrap().to_owned();
        let hash = |text: String| -> String {
            Md5::digest(text).iter().map(|b| format!("{b:02x}")).collect()
        };
        let uri = "sip:8001@192.0.2.1";
        let (ha1, ha2) = (hash("8001:tipring:s".into()), hash(format!("{method}:{uri}")));
        let response = hash(format!("{ha1}:{nonce}:00000001:c:auth:{ha2}"));
        let credentials = format!(
            "Authorization: Digest username=\"8001\", realm=\"tipring\", nonce=\"{nonce}\", \
             uri=\"{uri}\", response=\"{response}\", qop=auth, nc=00000001, cnonce=\"c\"\r\n{more}"
        );
        let again = self.request(method, to_tag, &credentials, body);
        self.hear(&again)
    }

    fn request(&mut self, method: &str, to_tag: &str, more: &str, body: &str) -> String {
        self.sent += 1;
        let n = self.sent;
        let to_tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} sip:8001@192.0.2.1 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKp{n}\r\n\
             From: <sip:8001@192.0.2.1>;tag=phone\r\nTo: <sip:8001@192.0.2.1>{to_tag}\r\n\
             Call-ID: {method}\r\nCSeq: {n} {method}\r\nMax-Forwards: 70\r\n\
             Contact: <sip:8001@192.0.2.77>\r\n{more}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// The phone's answer to a request of the box.
    fn answer(&mut self, request: &str, line: &str, body: &str) -> Vec<String> {
        let mut text = format!("SIP/2.0 {line}\r\n");
        for name in ["Via", "From", "Call-ID", "CSeq"] {
            text += &format!("{name}: {}\r\n", header(request, name));
        }
        let to = header(request, "To");
        let tag = if to.contains("tag=") { "" } else { ";tag=there" };
        text += &format!("To: {to}{tag}\r\nContact: <sip:8001@192.0.2.77>\r\n");
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        text += &format!("{kind}Content-Length: {}\r\n\r\n{body}", body.len());
        self.hear(&text)
    }

    fn tell(&mut self, channel: ChannelId, command: &ChannelCommand) -> Vec<String> {
        self.link.command(0, channel, command);
        self.hear("\r\n\r\n")
    }

    fn messages(&mut self, waiting: bool) -> Vec<String> {
        let common::Side { agent, ports, .. } = &mut self.link.sides[0];
        agent.message_waiting(self.link.now, number(), waiting, ports);
        self.hear("\r\n\r\n")
    }

    /// Lets time pass; what the box sent.
    fn wait(&mut self, d: Duration) -> Vec<String> {
        let end = self.link.now + d;
        let mut sent = Vec::new();
        while let Some(at) = self.link.sides[0].agent.poll_timeout().filter(|at| *at <= end) {
            self.link.now = self.link.now.max(at);
            let common::Side { agent, ports, .. } = &mut self.link.sides[0];
            agent.handle_timeout(at, ports);
            sent.extend(self.hear("\r\n\r\n"));
        }
        self.link.now = end;
        sent
    }

    /// The phone rings for a call of the box's; the INVITE.
    fn rings(&mut self, channel: ChannelId, pattern: u8) -> String {
        self.tell(channel, &ChannelCommand::Seize(Endpoint::SipPhone(number())));
        let caller = CallerId::from_number("139".parse().unwrap());
        let invite = self.tell(channel, &ChannelCommand::Ring { caller, pattern }).remove(0);
        self.answer(&invite, "180 Ringing", "");
        invite
    }

    fn events(&self, channel: ChannelId) -> Vec<ChannelEvent> {
        self.link.sides[0].channels.get(&channel).map(|t| t.events.clone()).unwrap_or_default()
    }
}

const MWI: &str = "Event: message-summary\r\nExpires: 600\r\n";

#[test]
fn a_phone_that_subscribes_is_told_at_once_and_at_every_change() {
    let mut play = Play::new();
    let sent = play.ask("SUBSCRIBE", "", MWI, "");
    assert!(is(&sent[0], "200") && header(&sent[0], "Expires") == "600", "{sent:?}");
    assert!(sent[1].starts_with("NOTIFY sip:8001@192.0.2.77 SIP/2.0\r\n"), "{sent:?}");
    assert!(sent[1].contains("Messages-Waiting: no\r\n"), "{sent:?}");
    assert_eq!(header(&sent[1], "Subscription-State"), "active;expires=600");
    assert_eq!(header(&sent[1], "Content-Type"), "application/simple-message-summary");
    play.answer(&sent[1], "200 OK", "");
    let told = play.messages(true);
    assert!(told.len() == 1 && told[0].contains("Messages-Waiting: yes\r\n"), "{told:?}");
    play.answer(&told[0], "200 OK", "");
    assert!(play.messages(true).is_empty(), "nothing has changed");
    // It ends it: the last NOTIFY says so.
    let tag = header(&sent[0], "To").rsplit("tag=").next().unwrap().to_owned();
    let ended = play.ask("SUBSCRIBE", &tag, "Event: message-summary\r\nExpires: 0\r\n", "");
    assert!(is(&ended[0], "200"), "{ended:?}");
    assert_eq!(header(&ended[1], "Subscription-State"), "terminated;reason=timeout");
    play.answer(&ended[1], "200 OK", "");
    assert!(play.messages(false).is_empty());
    assert_eq!(play.link.sides[0].agent.subscriptions(), 0);
}

#[test]
fn a_subscription_ends_with_its_time_or_with_a_phone_that_is_gone() {
    let mut play = Play::new();
    let sent = play.ask("SUBSCRIBE", "", MWI, "");
    play.answer(&sent[1], "200 OK", "");
    let over = play.wait(Duration::from_secs(601));
    let last = over.iter().find(|text| text.starts_with("NOTIFY")).expect("a last word");
    assert_eq!(header(last, "Subscription-State"), "terminated;reason=timeout");
    assert_eq!(play.link.sides[0].agent.subscriptions(), 0);
    let mut play = Play::new();
    let sent = play.ask("SUBSCRIBE", "", MWI, "");
    play.answer(&sent[1], "481 Gone", "");
    assert_eq!(play.link.sides[0].agent.subscriptions(), 0);
}

#[test]
fn what_cannot_be_subscribed_to_is_refused() {
    let mut play = Play::new();
    let presence = play.ask("SUBSCRIBE", "", "Event: presence\r\n", "");
    assert!(is(&presence[0], "489"), "{presence:?}");
    assert_eq!(header(&presence[0], "Allow-Events"), "message-summary");
    let brief = play.ask("SUBSCRIBE", "", "Event: message-summary\r\nExpires: 5\r\n", "");
    assert!(is(&brief[0], "423") && header(&brief[0], "Min-Expires") == "60", "{brief:?}");
    let nowhere = play.request("SUBSCRIBE", "0123456789abcdef", MWI, "");
    assert!(is(&play.hear(&nowhere)[0], "481"));
    assert_eq!(play.link.sides[0].agent.subscriptions(), 0);
}

#[test]
fn a_distinctive_ringing_is_named_in_the_invite() {
    let mut play = Play::new();
    for (at, (pattern, word)) in
        [(0, ""), (1, "Bellcore-dr2"), (4, "Bellcore-dr5")].into_iter().enumerate()
    {
        let channel = ChannelId::sip_out(at as u32);
        let invite = play.rings(channel, pattern);
        let expected = match word {
            "" => String::new(),
            word => format!("<http://ringing.invalid/{word}>;info={word}"),
        };
        assert_eq!(header(&invite, "Alert-Info"), expected);
        play.tell(channel, &ChannelCommand::Release(Cause::NormalClearing));
    }
}

/// The Replaces that names the dialog of an INVITE of the box's, seen from its phone.
fn replaces(invite: &str, their_tag: &str) -> String {
    let ours = header(invite, "From").rsplit("tag=").next().unwrap();
    let call_id = header(invite, "Call-ID");
    format!("Replaces: {call_id};to-tag={ours};from-tag={their_tag}\r\nRequire: replaces\r\n")
}

#[test]
fn an_invite_names_the_leg_that_it_replaces() {
    for answered in [false, true] {
        let mut play = Play::new();
        let leg = ChannelId::sip_out(0);
        let invite = play.rings(leg, 0);
        if answered {
            play.answer(&invite, "200 OK", SDP);
            assert!(play.events(leg).contains(&ChannelEvent::Answered(AnswerCertainty::Signalled)));
        }
        let more = replaces(&invite, "there");
        let sent = play.ask("INVITE", "", &more, SDP);
        assert!(is(&sent[0], "100"), "{sent:?}");
        let newcomer = ChannelId::sip_in(0);
        let event = ChannelEvent::Replaces { leg, extension: number() };
        assert_eq!(play.events(newcomer), [event]);
        let answer = play.tell(newcomer, &ChannelCommand::Answer);
        assert!(is(&answer[0], "200") && header(&answer[0], "Supported") == "replaces");
    }
}

#[test]
fn a_replaces_that_fits_nothing_is_refused() {
    let mut play = Play::new();
    let invite = play.rings(ChannelId::sip_out(0), 0);
    play.answer(&invite, "200 OK", SDP);
    let good = replaces(&invite, "there");
    let status = |play: &mut Play, more: &str| {
        let sent = play.ask("INVITE", "", more, SDP);
        sent[0][8..11].to_owned()
    };
    assert_eq!(status(&mut play, &good.replace("from-tag=there", "from-tag=other")), "481");
    assert_eq!(status(&mut play, "Replaces: nobody;to-tag=1;from-tag=2\r\n"), "481");
    assert_eq!(status(&mut play, "Replaces: nonsense\r\n"), "481");
    let twice = format!("{good}{good}");
    assert_eq!(status(&mut play, &twice), "400");
    let early = good.replace("from-tag=there", "from-tag=there;early-only");
    assert_eq!(status(&mut play, &early), "486");
    let plain = play.request("INVITE", "", &good.replace("replaces", "100rel"), SDP);
    assert!(is(&play.hear(&plain)[0], "420"));
}
