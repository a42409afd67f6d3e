//! The dial plan made ready: where a number leads, for whoever dialled it.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tipring_line::{Cause, Number};

use super::{Feature, From, Groups, Outside, Target};
use crate::config::{Class, SwitchConfig};

/// A call to the outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Outgoing {
    /// The group that carries it.
    pub(crate) group: usize,
    /// What is dialled there.
    pub(crate) number: Number,
    /// Whether it may take a line that is in use.
    pub(crate) emergency: bool,
}

/// Where a call goes.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Route {
    Flow(Arc<str>),
    Queue(Arc<str>),
    Extension(Number),
    Outside(Outgoing),
    Feature {
        feature: Feature,
        /// The code alone: what follows it is secret.
        code: Number,
        rest: String,
    },
    Refuse(Cause),
}

/// Who dials.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialler {
    pub(crate) from: From,
    /// What it may call outside; extensions only.
    pub(crate) class: Class,
}

#[derive(Clone, Debug)]
enum To {
    Route(Route),
    Outside { group: usize, rule: Outside },
    Feature(Feature),
}

#[derive(Debug)]
struct Rule {
    number: super::Pattern,
    from: From,
    to: To,
    ringing: Option<u8>,
}

/// The rules, the most specific first.
#[derive(Debug, Default)]
pub(crate) struct DialPlan {
    rules: Vec<Rule>,
    exact: FxHashMap<Number, Vec<usize>>,
    extensions: FxHashMap<Number, ()>,
    codes: Vec<(Number, Feature)>,
    emergency: Vec<Number>,
    pub(crate) groups: Groups,
}

impl DialPlan {
    pub(crate) fn new(config: &SwitchConfig) -> Self {
        let mut plan = DialPlan {
            codes: codes(config),
            emergency: config.emergency.numbers.clone(),
            groups: Groups::new(config),
            ..DialPlan::default()
        };
        plan.extensions = config.extensions.iter().map(|e| (e.number, ())).collect();
        let mut ordered: Vec<_> = config.dial.iter().collect();
        ordered.sort_by_key(|rule| core::cmp::Reverse(rule.number.specificity()));
        for rule in ordered {
            let to = match &rule.to {
                Target::Flow(name) => To::Route(Route::Flow(name.as_str().into())),
                Target::Queue(name) => To::Route(Route::Queue(name.as_str().into())),
                Target::Extension(number) => To::Route(Route::Extension(*number)),
                Target::Feature(feature) => To::Feature(*feature),
                Target::Trunk(outside) => match plan.groups.find(&outside.name) {
                    Some(group) => To::Outside { group, rule: outside.clone() },
                    None => To::Route(Route::Refuse(Cause::NoRoute)),
                },
            };
            if let Some(Ok(number)) = rule.number.as_exact().map(|n| n.parse()) {
                plan.exact.entry(number).or_default().push(plan.rules.len());
            }
            let (number, from, ringing) = (rule.number.clone(), rule.from, rule.ringing);
            plan.rules.push(Rule { number, from, to, ringing });
        }
        plan
    }

    /// Where `number` leads; `None` when nothing speaks for it. Emergency numbers come before
    /// everything; then a rule for exactly this number, the extension of that number, patterns.
    pub(crate) fn route(&self, dialler: Dialler, number: Number) -> Option<Route> {
        if dialler.from == From::Extension && self.emergency.contains(&number) {
            let group = self.groups.emergency();
            return Some(Route::Outside(Outgoing { group, number, emergency: true }));
        }
        if dialler.from == From::Extension
            && let Some(route) = self.feature_code(number)
        {
            return Some(route);
        }
        match self.rule(dialler, number) {
            Some(rule) => Some(resolve(&rule.to, dialler, number)),
            None => self.extensions.get(&number).map(|()| Route::Extension(number)),
        }
    }

    /// How phones ring for a call to `number`, where a rule says it.
    pub(crate) fn ringing(&self, dialler: Dialler, number: Number) -> Option<u8> {
        self.rule(dialler, number)?.ringing
    }

    /// The rule that speaks for `number`: one for exactly this number or, unless it is an
    /// extension's, a pattern.
    fn rule(&self, dialler: Dialler, number: Number) -> Option<&Rule> {
        let fits = |at: &&Rule| at.from == From::Any || at.from == dialler.from;
        let exact = self.exact.get(&number).into_iter().flatten().map(|at| &self.rules[*at]);
        exact.clone().find(fits).or_else(|| {
            let mut patterns = self.rules.iter().filter(fits);
            patterns.find(|rule| {
                !self.extensions.contains_key(&number) && rule.number.matches(number.as_str())
            })
        })
    }

    fn feature_code(&self, number: Number) -> Option<Route> {
        let (code, feature) =
            self.codes.iter().find(|(code, _)| number.as_str().starts_with(code.as_str()))?;
        let rest = number.as_str()[code.as_str().len()..].to_owned();
        Some(Route::Feature { feature: *feature, code: *code, rest })
    }
}

fn codes(config: &SwitchConfig) -> Vec<(Number, Feature)> {
    let codes = &config.features;
    [
        (&codes.agent_log_in, Feature::AgentLogIn),
        (&codes.agent_log_out, Feature::AgentLogOut),
        (&codes.agent_ready, Feature::AgentReady),
        (&codes.agent_not_ready, Feature::AgentNotReady),
    ]
    .into_iter()
    // An empty code switches the feature off.
    .filter_map(|(code, feature)| Some((code.parse().ok()?, feature)))
    .collect()
}

/// A call from outside reaches neither a trunk nor a feature, whatever the rules say.
fn resolve(to: &To, dialler: Dialler, number: Number) -> Route {
    let inside = dialler.from == From::Extension;
    match to {
        To::Route(route) => route.clone(),
        To::Feature(feature) if inside => {
            Route::Feature { feature: *feature, code: number, rest: String::new() }
        }
        To::Outside { group, rule } if inside && dialler.class >= rule.class => {
            match outside_number(rule, number) {
                Some(number) => {
                    Route::Outside(Outgoing { group: *group, number, emergency: false })
                }
                None => Route::Refuse(Cause::InvalidNumberFormat),
            }
        }
        To::Feature(_) | To::Outside { .. } => Route::Refuse(Cause::NotAuthorised),
    }
}

fn outside_number(rule: &Outside, number: Number) -> Option<Number> {
    let rest = number.as_str().get(usize::from(rule.strip)..)?;
    format!("{}{rest}", rule.prepend).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ExtensionConfig, TrunkConfig};
    use crate::dial::DialRule;

    fn number(s: &str) -> Number {
        s.parse().unwrap()
    }

    fn rule(pattern: &str, from: From, to: Target) -> DialRule {
        DialRule { number: pattern.parse().unwrap(), from, to, ringing: None }
    }

    fn plan() -> DialPlan {
        let extension = |n: &str| ExtensionConfig {
            number: number(n),
            name: String::new(),
            class: Class::National,
            port: None,
        };
        let outside = |class| {
            Target::Trunk(Outside { name: "carrier".into(), strip: 1, prepend: "0".into(), class })
        };
        DialPlan::new(&SwitchConfig {
            extensions: vec![extension("8001"), extension("8002")],
            trunks: vec![TrunkConfig { name: "carrier".into(), flow: None, caller: None }],
            dial: vec![
                rule("X.", From::Any, Target::Flow("rest".into())),
                rule("9.", From::Any, outside(Class::Local)),
                rule("900.", From::Any, outside(Class::International)),
                rule("95588", From::Trunk, Target::Flow("service".into())),
                rule("95588", From::Extension, Target::Queue("desk".into())),
                rule("8002", From::Trunk, Target::Flow("night".into())),
            ],
            ..SwitchConfig::default()
        })
    }

    fn route(from: From, n: &str) -> Option<Route> {
        plan().route(Dialler { from, class: Class::National }, number(n))
    }

    #[test]
    fn the_most_specific_rule_of_the_source_wins() {
        assert_eq!(route(From::Trunk, "95588"), Some(Route::Flow("service".into())));
        assert_eq!(route(From::Extension, "95588"), Some(Route::Queue("desk".into())));
        assert_eq!(route(From::Line, "12"), Some(Route::Flow("rest".into())));
        assert_eq!(route(From::Line, "*99"), None);
    }

    #[test]
    fn extensions_need_no_rule_and_beat_patterns() {
        assert_eq!(route(From::Trunk, "8001"), Some(Route::Extension(number("8001"))));
        assert_eq!(route(From::Trunk, "8002"), Some(Route::Flow("night".into())));
        assert_eq!(route(From::Extension, "8002"), Some(Route::Extension(number("8002"))));
    }

    #[test]
    fn outside_is_for_extensions_of_the_class_only() {
        let outgoing = Outgoing { group: 0, number: number("0123"), emergency: false };
        assert_eq!(route(From::Extension, "9123"), Some(Route::Outside(outgoing)));
        assert_eq!(route(From::Extension, "90086"), Some(Route::Refuse(Cause::NotAuthorised)));
        assert_eq!(route(From::Trunk, "9123"), Some(Route::Refuse(Cause::NotAuthorised)));
    }

    #[test]
    fn emergency_numbers_need_no_rule_and_no_class() {
        let dialler = Dialler { from: From::Extension, class: Class::Internal };
        let Some(Route::Outside(outgoing)) = plan().route(dialler, number("110")) else {
            panic!("no way out");
        };
        assert!(outgoing.emergency);
        assert_eq!(outgoing.number, number("110"));
        assert_eq!(route(From::Trunk, "110"), Some(Route::Flow("rest".into())));
    }

    #[test]
    fn feature_codes_keep_their_secrets_apart() {
        let Some(Route::Feature { feature, code, rest }) = route(From::Extension, "*611001#1234#")
        else {
            panic!("no feature");
        };
        assert_eq!((feature, code.as_str()), (Feature::AgentLogIn, "*61"));
        assert_eq!(rest, "1001#1234#");
        assert_eq!(route(From::Trunk, "*611001#1234#"), None);
    }
}
