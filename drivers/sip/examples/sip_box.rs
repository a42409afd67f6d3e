//! A box that only signals: an agent on UDP and TCP with the smallest of switches, for trying
//! phones and test tools against it. It carries no audio.
//!
//! `sip_box ADDRESS:PORT [--trunk ADDRESS:PORT] [--register USER:SECRET@ADDRESS:PORT]
//! [--call-back]`
//!
//! Extensions 8001–8004 have the password `secret-` and their number. A call to an extension is
//! connected to it, one that begins with 0 goes to the trunk, any other is answered. With
//! `--call-back` every phone that registers is called, and hung up on two seconds after it
//! answers. Each output but the messages is printed.

use std::collections::HashMap;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use tipring_clock::{Clock, Instant, RealClock};
use tipring_line::{CallerId, Cause, ChannelCommand, ChannelEvent, ChannelId, Endpoint, Number};
use tipring_sip::{
    Config, ConnectionId, DtmfMode, ExtensionConfig, LocalAddress, MediaPorts, NetworkAddress,
    Output, Transport, TrunkAccess, TrunkConfig, UserAgent,
};

/// Ports from a list; released ones go to its end.
struct Ports(std::collections::VecDeque<u16>);

impl MediaPorts for Ports {
    fn allocate(&mut self) -> Option<u16> {
        self.0.pop_front()
    }
    fn release(&mut self, port: u16) {
        self.0.push_back(port);
    }
}

enum Input {
    Datagram(SocketAddr, Vec<u8>),
    Opened(ConnectionId, TcpStream),
    Bytes(ConnectionId, SocketAddr, Vec<u8>),
    Closed(ConnectionId),
}

/// A call through the box: who called, and who was called for them.
#[derive(Default)]
struct Switch {
    peer: HashMap<ChannelId, ChannelId>,
    calls_out: u32,
    hang_up_at: Vec<(Instant, ChannelId)>,
    call_back: bool,
}

fn read_stream(id: ConnectionId, from: SocketAddr, mut stream: TcpStream, inputs: &Sender<Input>) {
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        if inputs.send(Input::Bytes(id, from, buffer[..n].to_vec())).is_err() {
            return;
        }
    }
    let _ = inputs.send(Input::Closed(id));
}

fn listen(address: SocketAddr) -> Result<(UdpSocket, Receiver<Input>), Box<dyn Error>> {
    let (sender, inputs) = channel();
    let udp = UdpSocket::bind(address)?;
    let tcp = TcpListener::bind(address)?;
    let (reader, datagrams) = (udp.try_clone()?, sender.clone());
    thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok((n, from)) = reader.recv_from(&mut buffer) {
            if datagrams.send(Input::Datagram(from, buffer[..n].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (count, stream) in tcp.incoming().flatten().enumerate() {
            let id = ConnectionId(count as u64);
            let (Ok(from), Ok(writer)) = (stream.peer_addr(), stream.try_clone()) else { continue };
            let sender = sender.clone();
            let _ = sender.send(Input::Opened(id, writer));
            thread::spawn(move || read_stream(id, from, stream, &sender));
        }
    });
    Ok((udp, inputs))
}

fn config(arguments: &[String]) -> Result<(Config, bool), Box<dyn Error>> {
    let address: SocketAddr = arguments.first().ok_or("give ADDRESS:PORT")?.parse()?;
    let local = [Transport::Udp, Transport::Tcp].map(|transport| LocalAddress {
        transport,
        address,
        prefix: 0,
    });
    let mut config = Config { local: local.into(), ..Config::default() };
    for n in 8001..=8004 {
        let number = n.to_string().parse()?;
        config.extensions.push(ExtensionConfig { number, secret: format!("secret-{n}") });
    }
    let mut call_back = false;
    let mut rest = arguments[1..].iter();
    while let Some(option) = rest.next() {
        let (access, proxy) = match option.as_str() {
            "--call-back" => {
                call_back = true;
                continue;
            }
            "--trunk" => {
                let proxy: SocketAddr = rest.next().ok_or("--trunk ADDRESS:PORT")?.parse()?;
                let host = NetworkAddress::host(proxy.ip());
                let network = NetworkAddress { port: Some(proxy.port()), ..host };
                (TrunkAccess::Address(vec![network]), proxy)
            }
            "--register" => {
                let value = rest.next().ok_or("--register USER:SECRET@ADDRESS:PORT")?;
                let (account, proxy) = value.split_once('@').ok_or("no @ in --register")?;
                let (user, secret) = account.split_once(':').ok_or("no : in --register")?;
                let access = TrunkAccess::Registration {
                    user: user.to_owned(),
                    auth_user: None,
                    secret: secret.to_owned(),
                    expires: Duration::from_secs(600),
                };
                (access, proxy.parse()?)
            }
            other => return Err(format!("{other} is no option").into()),
        };
        config.trunks.push(TrunkConfig {
            index: config.trunks.len() as u16,
            name: "trunk".to_owned(),
            access,
            proxy,
            transport: Transport::Udp,
            domain: String::new(),
            default_caller: None,
            trust_identity: true,
            dtmf: DtmfMode::Auto,
            qualify: None,
        });
    }
    Ok((config, call_back))
}

impl Switch {
    fn seize(&mut self) -> ChannelId {
        self.calls_out += 1;
        ChannelId::sip_out(self.calls_out)
    }

    fn handle_event(
        &mut self,
        now: Instant,
        channel: ChannelId,
        event: &ChannelEvent,
        commands: &mut Vec<(ChannelId, ChannelCommand)>,
    ) {
        match event {
            ChannelEvent::Offered { called: Some(called), caller, .. } => {
                let text = called.as_str();
                let extension = text.len() == 4 && text.starts_with('8');
                if !extension && !text.starts_with('0') {
                    commands.push((channel, ChannelCommand::Alert));
                    commands.push((channel, ChannelCommand::Answer));
                    return;
                }
                let out = self.seize();
                self.peer.insert(channel, out);
                self.peer.insert(out, channel);
                let (endpoint, next) = if extension {
                    let next = ChannelCommand::Ring { caller: *caller, pattern: 0 };
                    (Endpoint::SipPhone(*called), next)
                } else {
                    let next = ChannelCommand::Dial { number: *called, caller: *caller };
                    (Endpoint::SipTrunk(0), next)
                };
                commands.extend([(out, ChannelCommand::Seize(endpoint)), (out, next)]);
            }
            ChannelEvent::Ringing => {
                let peer = self.peer.get(&channel);
                commands.extend(peer.map(|peer| (*peer, ChannelCommand::Alert)));
            }
            ChannelEvent::Answered(_) => match self.peer.get(&channel) {
                Some(peer) => commands.push((*peer, ChannelCommand::Answer)),
                None => self.hang_up_at.push((now + Duration::from_secs(2), channel)),
            },
            ChannelEvent::Released(cause) => {
                if let Some(peer) = self.peer.remove(&channel) {
                    self.peer.remove(&peer);
                    commands.push((peer, ChannelCommand::Release(*cause)));
                }
            }
            _ => {}
        }
    }

    fn registered(&mut self, extension: Number, commands: &mut Vec<(ChannelId, ChannelCommand)>) {
        if self.call_back {
            let out = self.seize();
            let caller = CallerId::from_number("10086".parse().expect("five digits"));
            commands.push((out, ChannelCommand::Seize(Endpoint::SipPhone(extension))));
            commands.push((out, ChannelCommand::Ring { caller, pattern: 0 }));
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (config, call_back) = config(&arguments)?;
    let (udp, inputs) = listen(config.local[0].address)?;
    let clock = RealClock::start();
    let seed = std::process::id().to_le_bytes().repeat(8).try_into().expect("four times eight");
    let mut agent = UserAgent::new(config, seed);
    let mut ports = Ports((16_384..17_408).step_by(2).collect());
    let mut switch = Switch { call_back, ..Switch::default() };
    let mut streams: HashMap<ConnectionId, TcpStream> = HashMap::new();
    loop {
        let now = clock.now();
        agent.handle_timeout(now, &mut ports);
        let mut commands: Vec<(ChannelId, ChannelCommand)> = Vec::new();
        switch.hang_up_at.retain(|(at, channel)| {
            let due = *at <= now;
            if due {
                commands.push((*channel, ChannelCommand::Release(Cause::NormalClearing)));
            }
            !due
        });
        loop {
            for (channel, command) in std::mem::take(&mut commands) {
                agent.command(now, channel, &command, &mut ports);
            }
            let Some(output) = agent.poll_output() else { break };
            match &output {
                Output::Transmit { transport: Transport::Udp, to, bytes, .. } => {
                    let _ = udp.send_to(bytes, to);
                    continue;
                }
                Output::Transmit { connection, bytes, .. } => {
                    if let Some(stream) = connection.and_then(|id| streams.get_mut(&id)) {
                        let _ = stream.write_all(bytes);
                    }
                    continue;
                }
                Output::CloseStream(id) => drop(streams.remove(id)),
                Output::Channel(channel, event) => {
                    switch.handle_event(now, *channel, event, &mut commands);
                }
                Output::Registered(told) => switch.registered(told.extension, &mut commands),
                _ => {}
            }
            println!("{output:?}");
        }
        let timer = agent.poll_timeout().map(|at| at - now);
        let hang_up = switch.hang_up_at.iter().map(|(at, _)| *at - now).min();
        let wait = [timer, hang_up].into_iter().flatten().min().unwrap_or(Duration::from_secs(1));
        match inputs.recv_timeout(wait) {
            Ok(Input::Datagram(from, bytes)) => {
                agent.handle_datagram(clock.now(), from, &bytes, &mut ports);
            }
            Ok(Input::Opened(id, stream)) => drop(streams.insert(id, stream)),
            Ok(Input::Bytes(id, from, bytes)) => {
                agent.handle_stream(clock.now(), id, Transport::Tcp, from, &bytes, &mut ports);
            }
            Ok(Input::Closed(id)) => {
                streams.remove(&id);
                agent.handle_stream_closed(clock.now(), id, &mut ports);
            }
            Err(_) => {}
        }
    }
}
