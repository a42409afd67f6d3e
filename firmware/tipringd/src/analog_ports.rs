//! The analog ports of a running box, and what a new configuration changes for them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tipring_analog::plans::CountryPlan;
use tipring_analog::{FxoSettings, FxsSettings, HandsetRenewal, LineRenewal};
use tipring_clock::RealClock;
use tipring_config::Resolved;
use tipring_line::PortId;

use crate::analog::AnalogSettings;
use crate::journal::{Level, note};
use crate::socket_names::SocketNames;

/// The plan of the country in force.
#[derive(Clone)]
pub(crate) struct CurrentPlan(Arc<Mutex<Arc<CountryPlan>>>);

impl CurrentPlan {
    /// The plan as it is now.
    pub(crate) fn get(&self) -> Arc<CountryPlan> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, plan: CountryPlan) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(plan);
    }
}

/// How one port is told its new settings, and what it was told last.
enum Link {
    Line(Box<FxoSettings>, LineRenewal),
    Handset(PortId, Box<FxsSettings>, HandsetRenewal),
}

impl Link {
    /// Tells the port what it is to be like; `false` if that is nothing new.
    fn renew(&mut self, label: &str, analog: &AnalogSettings<'_>) -> bool {
        match self {
            Link::Line(told, link) => {
                let settings = analog.fxo(label);
                let is_new = **told != settings;
                if is_new {
                    link.renew(settings.clone());
                    **told = settings;
                }
                is_new
            }
            Link::Handset(id, told, link) => {
                // The calendar goes on as it was set when the box started.
                let settings = FxsSettings { wall: told.wall, ..analog.fxs(*id, label) };
                let is_new = **told != settings;
                if is_new {
                    link.renew(settings.clone());
                    **told = settings;
                }
                is_new
            }
        }
    }

    fn is_taken(&mut self) -> bool {
        match self {
            Link::Line(_, link) => link.is_taken(),
            Link::Handset(_, _, link) => link.is_taken(),
        }
    }
}

/// The ports by their labels.
#[derive(Default)]
pub(crate) struct Links(BTreeMap<String, Link>);

impl Links {
    pub(crate) fn add_line(&mut self, label: &str, told: FxoSettings, link: LineRenewal) {
        self.0.insert(label.to_owned(), Link::Line(Box::new(told), link));
    }

    pub(crate) fn add_handset(
        &mut self,
        label: &str,
        id: PortId,
        told: FxsSettings,
        link: HandsetRenewal,
    ) {
        self.0.insert(label.to_owned(), Link::Handset(id, Box::new(told), link));
    }
}

/// What a new configuration is told to.
#[derive(Clone)]
pub(crate) struct AnalogPorts {
    links: Arc<Mutex<Links>>,
    names: SocketNames,
    plan: CurrentPlan,
    plans: PathBuf,
    clock: RealClock,
    /// The country the line chips were set up for, which only a start sets up.
    chips_country: Option<String>,
}

impl AnalogPorts {
    /// The ports of a box that starts with this configuration; `chips` says whether any is a line
    /// chip.
    pub(crate) fn new(
        links: Links,
        resolved: &Resolved,
        plan: CountryPlan,
        plans: PathBuf,
        clock: RealClock,
        chips: bool,
    ) -> Self {
        AnalogPorts {
            links: Arc::new(Mutex::new(links)),
            names: SocketNames::new(resolved),
            plan: CurrentPlan(Arc::new(Mutex::new(Arc::new(plan)))),
            plans,
            clock,
            chips_country: chips.then(|| resolved.country.clone()),
        }
    }

    /// What the lines are called.
    pub(crate) fn names(&self) -> SocketNames {
        self.names.clone()
    }

    /// The plan of the country in force.
    pub(crate) fn plan(&self) -> CurrentPlan {
        self.plan.clone()
    }

    fn links(&self) -> MutexGuard<'_, Links> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the lines can be what this configuration says.
    ///
    /// # Errors
    /// The country's plan is wrong: in its file, at which line.
    pub(crate) fn check(&self, resolved: &Resolved) -> anyhow::Result<()> {
        AnalogSettings::new(resolved, &self.plans, &self.clock).map(drop)
    }

    /// Has every port whose settings a new configuration changes take them when it is idle.
    ///
    /// # Errors
    /// The country's plan is wrong; then nothing is changed.
    pub(crate) fn configure(&self, resolved: &Resolved) -> anyhow::Result<()> {
        let analog = AnalogSettings::new(resolved, &self.plans, &self.clock)?;
        self.names.follow(resolved);
        self.plan.set(analog.plan().clone());
        for (label, link) in &mut self.links().0 {
            if link.renew(label, &analog) {
                note(Level::Notice, &format!("{label}: takes its new settings when it is idle"));
            }
        }
        if let Some(country) = self.chips_country.as_ref().filter(|c| **c != resolved.country) {
            note(
                Level::Notice,
                &format!(
                    "the line chips stay set up for `{country}`: restart the box to set them up \
                     for `{}`",
                    resolved.country
                ),
            );
        }
        Ok(())
    }

    /// Says which ports have taken their new settings since last asked.
    pub(crate) fn report(&self) {
        for (label, link) in &mut self.links().0 {
            if link.is_taken() {
                note(Level::Notice, &format!("{label}: its new settings are in force"));
            }
        }
    }
}
