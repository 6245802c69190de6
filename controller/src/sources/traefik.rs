//! `traefik-proxy`: hosts in the rules of Traefik's routes, answered by the `target` annotation.

use std::marker::PhantomData;

use super::asking::Asking;
use super::each::Conversion;
use crate::objects::traefik::TraefikRoute;

/// One of the kinds of routes.
pub(super) struct Traefik<R>(PhantomData<R>);

impl<R: TraefikRoute> Conversion for Traefik<R> {
    type Object = R;
    const SOURCE: &'static str = "traefik-proxy";
    const LABEL: &'static str = R::LABEL;

    fn convert<'a>(route: &'a R, asking: &mut Asking<'a>) {
        let rules = route.spec().routes.iter();
        let names = asking.names(rules.flat_map(|it| hosts(&it.matcher)).collect(), &[]);
        let targets = asking.annotations.targets();
        if targets.is_empty() {
            for name in &names {
                asking.refuse(name, controller_core::verdict::Reason::NoTargets);
            }
        } else {
            asking.ask_all(&names, &targets);
        }
        asking.ask_pairs();
        asking.ask_names_and_targets();
    }
}

/// Returns the hosts that a rule names, such as two for ``Host(`a.example.com`, `b.example.com`)``.
///
/// Patterns (`HostRegexp`) name no host, and neither does the host of every request. A host after
/// an exclamation mark is one that the rule is not for.
fn hosts(rule: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, word) in rule.match_indices("Host") {
        let before = rule.get(..at).unwrap_or_default().trim_end();
        let rest = rule.get(at + word.len()..).unwrap_or_default();
        let rest = rest.strip_prefix("SNI").or_else(|| rest.strip_prefix("Header")).unwrap_or(rest);
        let Some(rest) = rest.trim_start().strip_prefix('(').map(str::trim_start) else { continue };
        if before.ends_with('!') || !rest.starts_with('`') {
            continue;
        }
        let closes = |(at, _): &(usize, &str)| {
            *at > 0 && rest.get(at + 1..).is_some_and(|it| it.trim_start().starts_with(')'))
        };
        let Some((end, _)) = rest.match_indices('`').find(closes) else { continue };
        let quoted = rest.get(..=end).unwrap_or_default().split('`').skip(1).step_by(2);
        let hosts = quoted.filter(|it| !it.is_empty() && *it != "*" && !it.contains(','));
        found.extend(hosts.map(str::to_owned));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ot4_rules_name_their_hosts() {
        for (rule, names) in [
            ("Host(`a.example.com`)", vec!["a.example.com"]),
            ("HostHeader(`c.example.com`)", vec!["c.example.com"]),
            ("HostSNI ( `s.example.com` ) && PathPrefix(`/x`)", vec!["s.example.com"]),
            (
                "Host(`d.example.com`) || Host(`e.example.com`)",
                vec!["d.example.com", "e.example.com"],
            ),
            ("Host(`g.example.com`, `h.example.com`)", vec!["g.example.com", "h.example.com"]),
            ("Host(`*`)", vec![]),
            ("HostRegexp(`.*`)", vec![]),
            ("HostSNI(\"quoted.example.com\")", vec![]),
            ("PathPrefix(`/`) && !Host(`not.example.com`)", vec![]),
        ] {
            assert_eq!(hosts(rule), names, "{rule}");
        }
    }
}
