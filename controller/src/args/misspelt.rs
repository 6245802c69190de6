//! Variables that look as if they were meant for us and that nothing reads.

use daemon::{SpeltVariable, spelt, variable};
use external_dns_webhook::nearest;

use super::unsupported::{flags_elsewhere, whereabouts};

/// Returns what to know of each variable of `names` that is a slip of one that `run` reads; what is like none is
/// another program's.
pub fn misspelt(run: &clap::Command, names: impl Iterator<Item = String>) -> Vec<String> {
    let flags: Vec<&str> = run.get_arguments().filter_map(clap::Arg::get_long).collect();
    let others = flags_elsewhere().map(|(name, _)| name).filter(|name| !name.ends_with('*'));
    let all: Vec<&str> = flags.iter().copied().chain(others).collect();
    let mut told: Vec<String> = names.filter_map(|name| slip(&name, &all)).collect();
    told.sort();
    told
}

fn slip(name: &str, flags: &[&str]) -> Option<String> {
    let SpeltVariable { flag, is_by_product } = spelt(name)?;
    let is_known = flags.contains(&flag.as_str()) || whereabouts(&flag).is_some();
    if is_known && name == variable(&flag) {
        return None;
    }
    let meant = if is_known { flag.as_str() } else { nearest(&flag, flags.iter().copied())? };
    // Another program's, which has the same first word, is rarely exactly like one of ours.
    (is_known || !is_by_product).then(|| daemon::misspelt(name, meant))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn told(names: &[&str]) -> Vec<String> {
        let cli = crate::args::Cli::command();
        let run = cli.find_subcommand("run").unwrap();
        misspelt(run, names.iter().map(|name| (*name).to_owned()))
    }

    #[test]
    fn a_slip_in_the_name_of_a_variable_is_told_with_the_one_that_is_meant() {
        for (name, meant) in [
            ("EXTERNAL_DNS_POLCY", "EXTERNAL_DNS_POLICY"),
            ("EXTERNAL_DNS_DOMAIN_FILTERS", "EXTERNAL_DNS_DOMAIN_FILTER"),
            ("EXTERNAL_DNS_TXT_OWNERID", "EXTERNAL_DNS_TXT_OWNER_ID"),
            ("EXTERNAL_DNS_SOURCES", "EXTERNAL_DNS_SOURCE"),
            ("EXTERNALDNS_POLICY", "EXTERNAL_DNS_POLICY"),
            ("external_dns_policy", "EXTERNAL_DNS_POLICY"),
            ("EXTERNAL_DNS__POLICY", "EXTERNAL_DNS_POLICY"),
            ("SIGNPOST_POLICY", "EXTERNAL_DNS_POLICY"),
            ("SIGNPOST_TXT_OWNER_ID", "EXTERNAL_DNS_TXT_OWNER_ID"),
            ("EXTERNAL_DNS_ZONE_ID_FILTERS", "EXTERNAL_DNS_ZONE_ID_FILTER"),
        ] {
            let told = told(&[name]);
            assert!(
                told.iter().any(|text| text.contains(&format!("`{name}`"))
                    && text.contains(&format!("`{meant}`"))),
                "{name}: {told:?}"
            );
        }
    }

    #[test]
    fn what_is_right_or_of_somebody_else_is_passed_over() {
        let none: [String; 0] = [];
        assert_eq!(
            told(&[
                "EXTERNAL_DNS_POLICY",
                "EXTERNAL_DNS_ZONE_ID_FILTER",
                "EXTERNAL_DNS_SERVICE_HOST",
                "EXTERNAL_DNS_SERVICE_PORT_HTTP",
                "EXTERNAL_DNS_PORT",
                "EXTERNAL_DNS_PORT_7979_TCP_ADDR",
                "EXTERNAL_DNS_PRIVATE_PORT_7979_TCP",
                "SIGNPOST_SERVICE_HOST",
                "SIGNPOST_POLICIES_OF_ANOTHER",
                "SIGNPOST_REVISION",
                "EXTERNAL_DNS_LISTEN_TOKEN_FILE",
                "HOME",
            ]),
            none
        );
    }
}
