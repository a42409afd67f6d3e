//! The configuration of the box under test.

use std::fmt::Write;

/// The service number.
pub const SERVICE: &str = "96777";
/// Work number and password of the agents.
pub const AGENTS: [(&str, &str); 2] = [("1001", "4321"), ("1002", "8765")];

/// The SIP password of an extension.
pub fn secret(extension: &str) -> String {
    format!("secret-of-{extension}")
}

/// A span at whose far end a simulated exchange is. It sends whole numbers of the box's hundred, of
/// which the last four digits are an extension's.
const SPAN: &str = r#"
[[span]]
name = "e1"
simulated = true
signalling = "pri-user"
number = "88888001"
numbers = ["888880XX"]
did_digits = 4
caller = "88888000"
flow = "main"

[[group]]
name = "outside"
members = ["e1", "fxo-1"]

[[dial]]
number = "9."
from = "extension"
to = { trunk = { name = "outside", strip = 1 } }
"#;

/// What differs from test to test.
#[derive(Clone, Debug)]
pub struct Site {
    /// The one port of this machine from which the trunk `carrier` calls, if there is one.
    pub trunk_port: Option<u16>,
    /// Whether calls between extensions are recorded.
    pub record_internal: bool,
    /// Whether there is a simulated ISDN span `e1`, by which 9 and a number goes out.
    pub span: bool,
    /// Whether the handset at `fxs-1` is extension 8005.
    pub handset: bool,
    /// What the flow says before its menu.
    pub greeting: &'static str,
    /// What every extension's telephone may do, as in `features = { … }`.
    pub features: &'static str,
}

impl Default for Site {
    fn default() -> Self {
        Site {
            trunk_port: None,
            record_internal: false,
            span: false,
            handset: false,
            greeting: "greeting",
            features: "",
        }
    }
}

impl Site {
    /// Extensions 8001–8004, agents 1001 and 1002, the queue `service`, four lines, the service
    /// number, a flow with one menu and, where asked for, a trunk.
    pub fn to_toml(&self) -> String {
        let mut text = String::from("language = \"en\"\n");
        let _ = writeln!(text, "[recording]\ninternal = {}", self.record_internal);
        for number in 8001..=8004 {
            let secret = secret(&number.to_string());
            let _ = writeln!(
                text,
                "[[extension]]\nnumber = \"{number}\"\nsecret = \"{secret}\"\n\
                 features = {{ {} }}",
                self.features
            );
        }
        if self.handset {
            text += "[[extension]]\nnumber = \"8005\"\nport = \"fxs-1\"\n";
        }
        for (work_number, password) in AGENTS {
            let _ = writeln!(
                text,
                "[[agent]]\nwork_number = \"{work_number}\"\npassword = \"{password}\"\n\
                 queues = [\"service\"]"
            );
        }
        for line in 1..=4 {
            let _ = writeln!(text, "[[line]]\nport = \"fxo-{line}\"\nflow = \"main\"");
        }
        if let Some(port) = self.trunk_port {
            let _ = writeln!(
                text,
                "[[trunk]]\nname = \"carrier\"\nproxy = \"127.0.0.1:{port}\"\n\
                 address = [\"127.0.0.1:{port}\"]\nqualify_s = 0\nflow = \"main\""
            );
        }
        if self.span {
            text += SPAN;
        }
        text + &self.service()
    }

    fn service(&self) -> String {
        let greeting = self.greeting;
        format!(
            r#"
[[queue]]
name = "service"
announce_s = 0

[[dial]]
number = "{SERVICE}"
to = {{ flow = "main" }}

[[flow]]
name = "main"
start = "hello"

[flow.node.hello.play]
say = ["{greeting}"]
next = "menu"

[flow.node.menu.menu]
say = ["menu-main"]
keys = {{ 1 = "service" }}
next = "bye"

[flow.node.service.queue]
queue = "service"
full = "bye"
no_agents = "nobody"
timeout = "bye"

[flow.node.nobody.hangup]
say = ["queue-no-agents"]

[flow.node.bye.hangup]
say = ["goodbye"]
"#
        )
    }
}
