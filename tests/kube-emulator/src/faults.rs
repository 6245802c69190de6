//! Trouble on demand: refusals, throttling, failures and slowness, by verb and resource.

use std::time::Duration;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::status::Status;

/// Which calls a fault is about; what is left out matches every call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calls {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verb: Option<String>,
    /// A plural, with or without its group, with or without a subresource: `services`,
    /// `ingresses.networking.k8s.io`, `services/status`. Without a subresource it is about the
    /// main resource only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Only calls in this namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

impl Calls {
    /// Every call of one verb on one resource, in any namespace.
    pub fn of(verb: &str, resource: &str) -> Self {
        Self { verb: Some(verb.to_owned()), resource: Some(resource.to_owned()), namespace: None }
    }

    fn covers(&self, call: &Call<'_>) -> bool {
        let Self { verb, resource, namespace } = self;
        let same_resource = |resource: &str| {
            let (name, subresource) = resource.split_once('/').unwrap_or((resource, ""));
            let qualified = format!("{}.{}", call.plural, call.group);
            subresource == call.subresource && (name == call.plural || name == qualified)
        };
        verb.as_deref().is_none_or(|verb| verb == call.verb)
            && resource.as_deref().is_none_or(same_resource)
            && namespace.as_deref().is_none_or(|namespace| namespace == call.namespace)
    }
}

/// What goes wrong with the calls that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum Fault {
    /// 403, as RBAC would: until cleared. `SelfSubjectAccessReview` says no, too.
    Refuse {
        /// The calls.
        #[serde(default, rename = "on")]
        calls: Calls,
    },
    /// 429 with `Retry-After`.
    Throttle {
        /// The calls.
        #[serde(default, rename = "on")]
        calls: Calls,
        /// How many calls; 0 for all until cleared.
        times: u32,
        /// Whole seconds in `Retry-After`.
        retry_after_seconds: u64,
    },
    /// Any error code, as from a broken server or a proxy in front of it.
    Fail {
        /// The calls.
        #[serde(default, rename = "on")]
        calls: Calls,
        /// How many calls; 0 for all until cleared.
        times: u32,
        /// The HTTP status code, 500 to 599.
        code: u16,
    },
    /// An answer that comes late, until cleared.
    Slow {
        /// The calls.
        #[serde(default, rename = "on")]
        calls: Calls,
        /// How late, in milliseconds.
        milliseconds: u64,
    },
}

/// A call, as faults and the record of requests see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    pub(crate) plural: &'a str,
    /// Empty for the main resource.
    pub(crate) subresource: &'a str,
    /// Empty at the cluster scope.
    pub(crate) namespace: &'a str,
}

/// What the faults in force do to one call.
#[derive(Debug, Default)]
pub(crate) struct InjectedFault {
    pub(crate) delay: Duration,
    pub(crate) refused: bool,
    pub(crate) failure: Option<Status>,
}

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn in_force(&self) -> &[Fault] {
        &self.0
    }

    /// Tells whether RBAC refuses the call; nothing is used up.
    pub(crate) fn refuses(&self, call: &Call<'_>) -> bool {
        self.0.iter().any(|fault| matches!(fault, Fault::Refuse { calls } if calls.covers(call)))
    }

    /// Returns what happens to the call, and uses up what is limited in number.
    pub(crate) fn fault_for(&mut self, call: &Call<'_>) -> InjectedFault {
        let mut injected =
            InjectedFault { refused: self.refuses(call), ..InjectedFault::default() };
        self.0.retain_mut(|fault| {
            let (calls, times, failure) = match fault {
                Fault::Refuse { .. } => return true,
                Fault::Slow { calls, milliseconds } => {
                    if calls.covers(call) {
                        injected.delay += Duration::from_millis(*milliseconds);
                    }
                    return true;
                }
                Fault::Throttle { calls, times, retry_after_seconds } => {
                    (calls, times, Status::too_many_requests(*retry_after_seconds))
                }
                Fault::Fail { calls, times, code } => {
                    let code = StatusCode::from_u16(*code);
                    let code = code.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                    (calls, times, Status::injected(code))
                }
            };
            if injected.failure.is_some() || injected.refused || !calls.covers(call) {
                return true;
            }
            injected.failure = Some(failure);
            if *times == 0 {
                return true;
            }
            *times -= 1;
            *times > 0
        });
        injected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Call<'_> = Call {
        verb: "list",
        group: "networking.k8s.io",
        plural: "ingresses",
        subresource: "",
        namespace: "a",
    };

    #[test]
    fn a_fault_covers_the_calls_that_it_names_and_no_others() {
        let covers = |verb: Option<&str>, resource: Option<&str>, namespace: Option<&str>| {
            let own = |text: Option<&str>| text.map(str::to_owned);
            Calls { verb: own(verb), resource: own(resource), namespace: own(namespace) }
                .covers(&LIST)
        };
        assert!(covers(None, None, None));
        assert!(covers(Some("list"), Some("ingresses"), Some("a")));
        assert!(covers(None, Some("ingresses.networking.k8s.io"), None));
        assert!(!covers(Some("watch"), None, None));
        assert!(!covers(None, Some("ingresses/status"), None));
        assert!(!covers(None, Some("ingresses.other"), None));
        assert!(!covers(None, None, Some("b")));
    }

    #[test]
    fn a_fault_for_two_calls_is_gone_at_the_third() {
        let mut faults = Faults::default();
        faults.inject(Fault::Fail { calls: Calls::default(), times: 2, code: 503 });
        let codes: Vec<Option<u16>> =
            (0..3).map(|_| faults.fault_for(&LIST).failure.map(|status| status.code)).collect();
        assert_eq!(codes, [Some(503), Some(503), None]);
    }
}
