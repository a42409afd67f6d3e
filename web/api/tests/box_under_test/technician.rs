//! A technician's desk with two make-believe lines: `fxo-1`, which was tested, and `fxo-2`, on which
//! something is being learnt.

use std::sync::{Arc, Mutex};

use tipring_api::{
    BoardFinding, BoardReport, HeardCallerId, LearningOutcome, LineFigures, LineLearnt, LineTested,
    LineTone, LineWork, LineWorking, Technician, TechnicianLine, TechnicianRefusal,
};

/// What was asked for, in order.
#[derive(Clone, Default)]
pub(crate) struct Desk(pub(crate) Arc<Mutex<Vec<String>>>);

impl Desk {
    fn asked(&self, line: &str, what: String) -> Result<(), TechnicianRefusal> {
        match line {
            "fxo-1" => self.0.lock().unwrap().push(what),
            "fxo-2" => return Err(TechnicianRefusal::WrongState("line fxo-2 learns".into())),
            _ => return Err(TechnicianRefusal::NoSuchLine("it has fxo-1, fxo-2".into())),
        }
        Ok(())
    }
}

fn busy_tone() -> LineTone {
    LineTone { hz: vec![450], am_hz: 0, on_off_ms: vec![350, 350] }
}

impl Technician for Desk {
    fn lines(&self) -> Vec<TechnicianLine> {
        let tested = LineTested {
            at_ms: 1,
            usable: true,
            good: true,
            verdict_zh: "线路正常。".into(),
            verdict_en: "The line is in order.".into(),
            figures: Some(LineFigures {
                idle_voltage_v: Some(48),
                loop_voltage_v: Some(8),
                loop_current_ma: Some(25),
                dial_tone_hz: vec![450],
                dial_tone_dbm0: Some(-13.5),
                dial_tone_after_ms: Some(320),
                noise_dbm0p: Some(-65.0),
                hum_dbm0: None,
                echo_return_loss_db: Some(14.0),
                balance: Some(0),
                caller_id: Some(HeardCallerId::Fsk),
            }),
        };
        let learnt = LineLearnt {
            at_ms: 2,
            outcome: LearningOutcome::Learnt,
            tone: Some(busy_tone()),
            level_dbm0: Some(-12.0),
            problem: String::new(),
        };
        let line = |label: &str| TechnicianLine {
            line: label.into(),
            number: None,
            working: None,
            tested: None,
            learnt: None,
            tones: vec![],
        };
        vec![
            TechnicianLine {
                tested: Some(tested),
                learnt: Some(learnt),
                tones: vec![busy_tone()],
                ..line("fxo-1")
            },
            TechnicianLine {
                working: Some(LineWorking { what: LineWork::Learn, since_ms: 3 }),
                ..line("fxo-2")
            },
        ]
    }

    fn test(&self, line: &str) -> Result<(), TechnicianRefusal> {
        self.asked(line, "test".into())
    }

    fn learn(&self, line: &str, who: &str) -> Result<(), TechnicianRefusal> {
        self.asked(line, format!("learn for {who}"))
    }

    fn cancel(&self, line: &str) -> Result<(), TechnicianRefusal> {
        self.asked(line, "cancel".into())
    }

    fn board(&self) -> BoardReport {
        BoardReport {
            name: "sim".into(),
            revision: 1,
            findings: vec![BoardFinding {
                label: "fxo-1".into(),
                kind: "FXO".into(),
                found: "simulated".into(),
                problem: String::new(),
            }],
        }
    }
}
