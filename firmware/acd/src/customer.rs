//! What the box knows of a caller by the number: who comes first, and who knows the customer.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use tipring_events::AgentId;
use tipring_line::Number;

use crate::config::AcdConfig;

/// How many customers are remembered with their agent; of more, the oldest are forgotten.
const HANDLED_MAX: usize = 20_000;

/// One form for the ways in which one Chinese mobile number is written: `+8613…`, `008613…` and
/// `013…` (the 0 dialled for a distant mobile) are `13…`; any other number is its own form.
pub(crate) fn same_number(number: Number) -> Number {
    let digits = number.as_str();
    let home = ["+86", "0086"].iter().find_map(|country| digits.strip_prefix(country));
    let rest = home.unwrap_or(digits);
    let mobile = rest.strip_prefix('0').unwrap_or(rest);
    let is_mobile = mobile.len() == 11
        && mobile.starts_with('1')
        && mobile.as_bytes().get(1).is_some_and(|second| (b'3'..=b'9').contains(second));
    let form = if is_mobile { mobile } else { rest };
    form.parse().unwrap_or(number)
}

/// Who talked last with which customer.
#[derive(Debug, Default)]
pub(crate) struct Handled {
    by_number: FxHashMap<Number, AgentId>,
    oldest_first: VecDeque<Number>,
}

impl Handled {
    pub(crate) fn put(&mut self, number: Number, agent: AgentId) {
        let number = same_number(number);
        if self.by_number.insert(number, agent).is_some() {
            return;
        }
        self.oldest_first.push_back(number);
        if self.oldest_first.len() > HANDLED_MAX
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.by_number.remove(&oldest);
        }
    }

    pub(crate) fn by(&self, number: Number) -> Option<AgentId> {
        self.by_number.get(&same_number(number)).copied()
    }
}

/// What numbers add to a caller's priority.
#[derive(Debug, Default)]
pub(crate) struct Priorities {
    vips: FxHashMap<Number, (u32, String)>,
    called: FxHashMap<Number, u32>,
}

impl Priorities {
    pub(crate) fn new(config: &AcdConfig) -> Self {
        let vips = config.vips.iter();
        let called = config.called.iter();
        Priorities {
            vips: vips
                .map(|vip| (same_number(vip.number), (vip.priority, vip.name.clone())))
                .collect(),
            called: called.map(|called| (called.number, called.priority)).collect(),
        }
    }

    /// The priority of who calls this number from that one.
    pub(crate) fn of(&self, caller: Option<Number>, called: Option<Number>) -> u32 {
        let vip = caller.and_then(|caller| self.vips.get(&same_number(caller)));
        let called = called.and_then(|called| self.called.get(&called));
        vip.map_or(0, |(priority, _)| *priority).saturating_add(called.copied().unwrap_or(0))
    }

    /// The customer's name, where the list has it.
    pub(crate) fn name(&self, caller: Option<Number>) -> Option<&str> {
        let (_, name) = self.vips.get(&same_number(caller?))?;
        Some(name.as_str()).filter(|name| !name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mobile_number_written_in_four_ways() {
        let form = |digits: &str| same_number(digits.parse().expect("a number")).to_string();
        for written in ["13812345678", "013812345678", "+8613812345678", "008613812345678"] {
            assert_eq!(form(written), "13812345678");
        }
        for other in ["8001", "057487654321", "87654321", "010", "11012345678"] {
            assert_eq!(form(other), other);
        }
    }

    #[test]
    fn the_oldest_customers_are_forgotten() {
        let mut handled = Handled::default();
        let number = |n: usize| format!("139{n:08}").parse().expect("a number");
        for n in 0..HANDLED_MAX + 10 {
            handled.put(number(n), AgentId(1));
        }
        assert_eq!(handled.by_number.len(), HANDLED_MAX);
        assert_eq!((handled.by(number(9)), handled.by(number(10))), (None, Some(AgentId(1))));
    }
}
