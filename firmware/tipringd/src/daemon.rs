//! Starting the box, running it, and ending it in order.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use tipring_analog::plans::CountryPlan;
use tipring_api::{BoardReport, Live};
use tipring_board::Board;
use tipring_clock::{Clock, RealClock};
use tipring_config::{Document, Resolved};
use tipring_store::{Opened, RecordingLength, Store};
use tipring_tts::{Catalogue, Lang};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::addresses::{interface_addresses, sip_addresses};
use crate::analog;
use crate::analog_ports::{AnalogPorts, Links};
use crate::core::Core;
use crate::figures::Figures;
use crate::hardware::{self, Hardware, Wellness};
use crate::inbox::{Inbox, Mail, Mailbox, inbox};
use crate::journal::{Level, note};
use crate::line_desk::{LineDesk, WebTechnician};
use crate::media_threads::MediaThreads;
use crate::options::DaemonOptions;
use crate::phones::Phones;
use crate::reactor::{Desk, Published, Reactor};
use crate::retention::{self, Storage};
use crate::settings::OwnedSite;
use crate::simboard::SimBoard;
use crate::sounds::Sounds;
use crate::span_traces::SpanTraces;
use crate::spans::{self, SimSpans, Spans, Street};
use crate::state::StateFolder;
use crate::streams::Streams;
use crate::udp::SipSocket;
use crate::web::{Configuration, SharedConfiguration, WebParts};
use crate::{board_check, control, control_server, demo, http, settings, start, web};

/// A core thread that has not published for so long hangs, and the watchdog may know.
const CORE_SILENT_MS_MAX: i64 = 15_000;

/// Runs the box until it is told to end (SIGINT, SIGTERM).
///
/// # Errors
/// What keeps it from starting, in one line that says what to do.
pub fn run(options: DaemonOptions) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("web")
        .enable_all()
        .build()?;
    let running = Box::new(Running::start(options, &runtime)?);
    runtime.block_on(running.serve())?;
    running.end()?;
    runtime.shutdown_background();
    Ok(())
}

/// What the steps of the start hand on to each other.
struct Ground {
    options: DaemonOptions,
    clock: RealClock,
    state: StateFolder,
    store: Store,
    opened: Opened,
    board: Board,
    catalogue: Arc<Catalogue>,
    site: OwnedSite,
    document: Document,
    resolved: Resolved,
    mailbox: Mailbox,
    storage: Storage,
}

/// The running box.
struct Running {
    ground: Ground,
    core: std::thread::JoinHandle<anyhow::Result<()>>,
    media: MediaThreads,
    sim: SimBoard,
    sim_spans: SimSpans,
    /// Drops with the rest: the simulated exchange's thread ends.
    _street: Street,
    desk: LineDesk,
    /// What was found on the board.
    found: Arc<BoardReport>,
    /// The analog ports, for new settings.
    ports: AnalogPorts,
    well: Wellness,
    /// Drops last of all that touches the lines, which stops the drivers' threads.
    _hardware: Hardware,
    streams: Streams,
    /// The D-channels' frames, fed by whoever drives the spans.
    traces: SpanTraces,
    live: Live,
    figures: watch::Receiver<Figures>,
    stream_listener: std::net::TcpListener,
    http: std::net::TcpListener,
}

impl Ground {
    fn lay(options: DaemonOptions) -> anyhow::Result<(Self, Inbox)> {
        let clock = RealClock::start();
        let state = StateFolder::open(&options.state)?;
        let (store, opened) = open_store(&state, &clock)?;
        let board = match &options.board {
            Some(folder) => Board::load(folder, state.board().as_deref())?,
            None => Board::sim(),
        };
        let catalogue = catalogue(&state);
        let site = OwnedSite::new(
            &board,
            &catalogue,
            Lang::ZhCn,
            analog::countries(&state.plans()),
            tipring_r2::Variant::codes().map(str::to_owned).collect(),
        );
        let (document, resolved) = start::configuration(&store, &site, clock.wall())?;
        store.set_offset_minutes(document.offset_minutes)?;
        let (mailbox, mail) = inbox()?;
        let ground = Ground {
            options,
            clock,
            state,
            store,
            opened,
            board,
            catalogue,
            site,
            document,
            resolved,
            mailbox,
            storage: Storage::default(),
        };
        Ok((ground, mail))
    }
}

fn catalogue(state: &StateFolder) -> Arc<Catalogue> {
    let (catalogue, problems) = Catalogue::embedded().with_overrides(&state.prompts());
    for problem in problems {
        note(Level::Notice, &problem.to_string());
    }
    Arc::new(catalogue)
}

impl Running {
    fn start(options: DaemonOptions, runtime: &tokio::runtime::Runtime) -> anyhow::Result<Self> {
        let (ground, mail) = Ground::lay(options)?;
        let socket = SipSocket::bind(ground.options.sip)?;
        let stream_listener = bind_streams(&ground.options)?;
        let http = web::bind(ground.options.http)?;
        let config = settings::media_config(&ground.options, &ground.resolved, &ground.clock);
        let (mut control, engine, recorder) = tipring_media::open(&config)?;
        let analog =
            analog::AnalogSettings::new(&ground.resolved, &ground.state.plans(), &ground.clock)?;
        let (board, seed, mut services) = (&ground.board, ground.options.seed, HashMap::new());
        let mut links = Links::default();
        let sim = SimBoard::attach(board, seed, &analog, &mut control, &mut services, &mut links)?;
        let clock = &ground.clock;
        let mut hardware =
            hardware::attach(board, &analog, &mut control, &mut services, &mut links, clock)?;
        let traces = SpanTraces::new();
        let (spans, sim_spans, keepers) = spans::attach(
            &ground.resolved,
            board,
            &ground.state.plans().join("r2"),
            seed,
            &mut control,
            (&ground.clock, &traces),
        )?;
        hardware.keep(keepers)?;
        let ports = analog_ports(&ground, links, analog.plan().clone());
        let desk = LineDesk::new(services, ports.plan(), ground.clock.clone());
        let found = Arc::new(board_check::report(board, hardware.problems()));
        let media = MediaThreads::start(
            engine,
            recorder,
            control.metrics(),
            &ground.state.recordings(),
            &ground.clock,
            ground.options.media_core,
        )?;
        let streams = Streams::new(ground.mailbox.clone(), runtime.handle().clone());
        let (figures_out, figures) = watch::channel(Figures::default());
        let live = Live::new(ground.clock.wall());
        let well = Wellness::default();
        hardware.light_up(ground.clock.clone(), live.clone(), ports.names(), well.clone())?;
        let published = Published { live: live.clone(), figures: figures_out };
        let wires = Wires { socket, streams: streams.clone(), media: control, spans };
        let reactor = reactor(&ground, mail, wires, published)?;
        let core = std::thread::Builder::new().name("core".to_owned());
        let core = core.spawn(move || reactor.run())?;
        Ok(Running {
            ground,
            core,
            media,
            _street: sim_spans.start()?,
            sim,
            sim_spans,
            desk,
            found,
            ports,
            well,
            _hardware: hardware,
            streams,
            traces,
            live,
            figures,
            stream_listener,
            http,
        })
    }

    async fn serve(&self) -> anyhow::Result<()> {
        let ground = &self.ground;
        let configuration = Configuration::new(
            ground.store.clone(),
            ground.clock.clone(),
            ground.site.clone(),
            ground.mailbox.clone(),
            Arc::clone(&ground.catalogue),
            self.ports.clone(),
            &ground.document,
        )
        .keeping(ground.storage.clone(), &ground.document);
        let configuration = SharedConfiguration(Arc::new(configuration));
        self.keep_within_limits();
        let first_password =
            start::first_password(&ground.store, ground.state.path(), ground.clock.wall())?;
        self.streams.listen(tokio::net::TcpListener::from_std(self.stream_listener.try_clone()?)?);
        let control_socket = control::listen(ground.state.path())?;
        let control_parts = control_server::Parts {
            configuration: configuration.clone(),
            live: self.live.clone(),
            store: ground.store.clone(),
            sim: self.sim.clone(),
            sim_spans: self.sim_spans.clone(),
            desk: self.desk.clone(),
            traces: self.traces.clone(),
        };
        tokio::spawn(control_server::serve(control_socket, control_parts));
        let router = web::router(self.web_parts(configuration));
        tokio::spawn(http::serve(self.http.try_clone()?, router, http::Limits::default()));
        if ground.options.demo {
            tokio::spawn(demo::run(self.sim.clone(), ground.document.clone(), ground.options.seed));
        }
        let addresses: Vec<_> = interface_addresses().iter().map(|a| a.ip).collect();
        let password = first_password.as_deref();
        // Listened to before anybody is told that the box is ready: from then on it ends in order.
        let ends = Ends::new()?;
        println!("{}", start::banner(&ground.options, &ground.document, password, &addresses));
        self.until_told(ends).await
    }

    /// Starts the job that removes what is older than it may be, and watches the disk.
    fn keep_within_limits(&self) {
        let ground = &self.ground;
        let files = retention::Folder(ground.state.recordings());
        let clock = Arc::new(ground.clock.clone());
        let (store, storage) = (ground.store.clone(), ground.storage.clone());
        tokio::spawn(retention::run(store, files, storage, clock));
    }

    fn web_parts(&self, configuration: SharedConfiguration) -> WebParts {
        WebParts {
            store: self.ground.store.clone(),
            clock: self.ground.clock.clone(),
            live: self.live.clone(),
            mailbox: self.ground.mailbox.clone(),
            figures: self.figures.clone(),
            media: self.media.metrics(),
            recordings: self.ground.state.recordings(),
            technician: WebTechnician {
                desk: self.desk.clone(),
                configuration: configuration.clone(),
                board: Arc::clone(&self.found),
                runtime: tokio::runtime::Handle::current(),
            },
            traces: self.traces.clone(),
            configuration,
            offset_minutes: self.ground.document.offset_minutes,
            notes: self.media.notes(),
        }
    }

    /// Tells the service manager that the box is ready and, again and again, that it lives;
    /// returns when told to end or when the core thread has ended by itself.
    async fn until_told(&self, mut ends: Ends) -> anyhow::Result<()> {
        let mut beat = tokio::time::interval(std::time::Duration::from_secs(1));
        notify(&[(systemd::daemon::STATE_READY, "1")]);
        loop {
            tokio::select! {
                _ = ends.terminate.recv() => return Ok(()),
                _ = ends.interrupt.recv() => return Ok(()),
                _ = beat.tick() => {
                    if self.core.is_finished() {
                        return Ok(());
                    }
                    self.ports.report();
                    if self.core_reacts() {
                        self.well.beat(self.ground.clock.now());
                        notify(&[(systemd::daemon::STATE_WATCHDOG, "1")]);
                    }
                }
            }
        }
    }

    /// Whether the core thread has published lately; it does so every few seconds at least.
    fn core_reacts(&self) -> bool {
        let age_ms = self.ground.clock.wall().unix_millis() - self.live.snapshot().at_ms;
        age_ms < CORE_SILENT_MS_MAX
    }

    fn end(self) -> anyhow::Result<()> {
        self.live.close();
        notify(&[(systemd::daemon::STATE_STOPPING, "1")]);
        // A core thread that has ended by itself does not read its mail any more.
        let _ = self.ground.mailbox.send(Mail::Stop);
        let ended = self.core.join().map_err(|_| anyhow::anyhow!("the core thread panicked"))?;
        self.media.end();
        self.ground.store.close()?;
        ended
    }
}

/// The signals that tell the box to end.
struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    fn new() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Ends { terminate, interrupt: signal(SignalKind::interrupt())? })
    }
}

fn notify(state: &[(&str, &str)]) {
    // Without systemd there is nobody to tell.
    let _ = systemd::daemon::notify(state.iter());
}

fn open_store(state: &StateFolder, clock: &RealClock) -> anyhow::Result<(Store, Opened)> {
    let recordings = state.recordings();
    for mended in tipring_media::recorder::mend(&recordings)? {
        let path = mended.path.display();
        note(Level::Notice, &format!("{path}: recording was cut off, and is mended"));
    }
    let length = |path: &str| {
        let file = recordings.join(path);
        let bytes = std::fs::metadata(&file).ok()?.len();
        let info = tipring_media::wav::read_info(&file).ok()?;
        let samples = info.data_bytes / u64::from(info.channels.max(1));
        Some(RecordingLength { duration_ms: samples / 8, bytes })
    };
    let (store, opened) = Store::open(state.path(), clock.wall(), length)?;
    if !opened.interrupted.is_empty() {
        let count = opened.interrupted.len();
        note(Level::Notice, &format!("{count} call(s) were cut off when the box last stopped"));
    }
    Ok((store, opened))
}

fn analog_ports(ground: &Ground, links: Links, plan: CountryPlan) -> AnalogPorts {
    let is_chip = |port: &tipring_board::Port| matches!(port.driver, tipring_board::Driver::Daa(_));
    let chips = ground.board.ports.iter().any(is_chip);
    let plans = ground.state.plans();
    AnalogPorts::new(links, &ground.resolved, plan, plans, ground.clock.clone(), chips)
}

fn bind_streams(options: &DaemonOptions) -> anyhow::Result<std::net::TcpListener> {
    let address = options.sip;
    let listener = std::net::TcpListener::bind(address).with_context(|| {
        format!("SIP address {address}/tcp cannot be used; choose another with --sip")
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// What calls come in and go out by.
struct Wires {
    socket: SipSocket,
    streams: Streams,
    media: tipring_media::Control,
    spans: Spans,
}

fn reactor(
    ground: &Ground,
    inbox: Inbox,
    wires: Wires,
    published: Published,
) -> anyhow::Result<Reactor> {
    let clock = ground.clock.clone();
    let Wires { socket, streams, media, spans } = wires;
    let local = sip_addresses(socket.local_address()?, &interface_addresses());
    let mut seed = [0; 32];
    StdRng::from_os_rng().fill_bytes(&mut seed);
    let sip_config = settings::sip_config(&ground.resolved, local.clone())?;
    let core_config = settings::core_config(&ground.resolved);
    let first_call = ground.opened.next_call_id.0;
    let memory = start::memory(&ground.store, &core_config.acd.desk, clock.wall())?;
    let (now, wall) = (clock.now(), clock.wall());
    let mut core = Core::new(now, wall, core_config, first_call);
    core.recall(now, wall, memory);
    core.restore(now, wall, &ground.store.reader().settings()?);
    let mut sounds = Sounds::new(Arc::clone(&ground.catalogue))?;
    sounds.configure(&ground.resolved.prompts);
    let trunk_names = ground.resolved.trunks.iter().map(|t| t.name.clone()).collect();
    Ok(Reactor {
        sip: tipring_sip::UserAgent::new(sip_config, seed),
        core,
        sounds,
        recordings: ground.state.recordings(),
        storage: ground.storage.clone(),
        phones: Phones::new(trunk_names),
        store: ground.store.clone(),
        desk: Desk::default(),
        local,
        clock,
        socket,
        streams,
        media,
        spans,
        inbox,
        published,
    })
}
