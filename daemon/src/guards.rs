//! Flags that guard something: what is empty never means that there is no guard.
//!
//! A variable that a Secret or a template left empty is an accident. For most flags it counts as unset, as in
//! ExternalDNS; for these it would open what was to be shut, and nobody would be told.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::Setting;

/// Guards whose names do not tell: the file in which guards stand, the one that is read instead of a cluster,
/// which namespace may have which names, what hides ownership, and what a name server is spoken to by.
const OTHERS: [&str; 12] = [
    "config",
    "manifests",
    "namespace-domain",
    "namespace-domain-default",
    "one-namespace-per-name",
    "rfc2136-tsig-keyname",
    "rfc2136-tsig-secret",
    "rfc2136-use-tls",
    "tls-pin",
    "tls-server-name",
    "txt-encrypt-enabled",
    "zone-key",
];

/// How the names of flags begin that narrow what is read or changed.
const LIMITS: [&str; 4] = ["exclude-", "max-", "regex-domain-", "zone-id-"];

/// Such flags whose names do not tell.
const OTHER_LIMITS: [&str; 11] = [
    "aws-zone-tags",
    "aws-zone-type",
    "dry-run",
    "gateway-name",
    "gateway-namespace",
    "ingress-class",
    "managed-record-types",
    "namespace",
    "on-target-loss",
    "policy",
    "txt-owner-id",
];

/// How the names of files begin or end that hold tokens, keys, certificates and authorities.
const FILES: (&str, &str) = ("tls-", "-file");

/// Tells whether a flag guards something.
pub fn is_guard(argument: &clap::Arg) -> bool {
    let is_path = argument.get_value_parser().type_id() == TypeId::of::<PathBuf>();
    argument.get_long().is_some_and(|flag| {
        let is_file = is_path && (flag.starts_with(FILES.0) || flag.ends_with(FILES.1));
        is_file || OTHERS.contains(&flag)
    })
}

/// Tells whether a flag guards something, or narrows what is read or changed: a filter or a limit.
///
/// An empty filter in a variable or on the command line counts as unset, as in ExternalDNS. The file is our own.
pub(crate) fn is_limit(argument: &clap::Arg) -> bool {
    is_guard(argument)
        || argument.get_long().is_some_and(|flag| {
            flag.ends_with("-filter")
                || LIMITS.iter().any(|begin| flag.starts_with(begin))
                || OTHER_LIMITS.contains(&flag)
        })
}

/// Tells whether there is no value, or none but blank ones and commas between such, as a template makes them of
/// lists that are empty: a filter of those filters nothing.
pub(crate) fn is_blank(values: &[String]) -> bool {
    values.iter().flat_map(|value| value.split(',')).all(|part| part.trim().is_empty())
}

/// Variables that are empty, which count as unset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmptyVariables {
    /// What is wrong with those whose flags guard something.
    pub wrong: Vec<String>,
    /// Those of filters and limits, by flag.
    pub(crate) of_limits: BTreeMap<String, String>,
}

impl EmptyVariables {
    /// Takes note of `variable`, which is empty and would set the flag of `argument`.
    pub fn note(&mut self, argument: &clap::Arg, variable: &str) {
        let Some(flag) = argument.get_long() else { return };
        if is_guard(argument) {
            self.wrong.push(format!(
                "`{variable}` is empty, and `--{flag}` guards something: give it a value, or leave the variable out"
            ));
        } else if is_limit(argument) {
            let _ = self.of_limits.insert(flag.to_owned(), variable.to_owned());
        }
    }
}

/// Returns what is wrong with a key of the file of flags that has no value, where its flag guards something.
pub fn empty_setting(argument: &clap::Arg, setting: &Setting) -> Option<String> {
    let is_empty = setting.is_blank() && is_limit(argument);
    let flag = &setting.flag;
    is_empty.then(|| {
        format!("`{flag}` has no value, and guards something: give it one, or leave the key out")
    })
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;
    use crate::{ServeArgs, settings};

    #[test]
    fn what_guards_a_listener_is_a_guard_by_its_name_and_type() {
        let command = ServeArgs::augment_args(clap::Command::new("p"));
        let words = ["token", "cert", "key", "-ca", "tls"];
        let mut count = 0;
        for argument in command.get_arguments() {
            let flag = argument.get_long().unwrap();
            let is_named = words.iter().any(|word| flag.contains(word)) || flag == "config";
            assert_eq!(is_guard(argument), is_named, "--{flag}");
            let variable = argument.get_env().unwrap().to_string_lossy();
            let mut empty = EmptyVariables::default();
            empty.note(argument, &variable);
            assert_eq!(!empty.wrong.is_empty(), is_named);
            for (text, is_told) in [("", true), (" null", true), (" \", ,\"", true), (" x", false)]
            {
                let setting = settings(&format!("{flag}:{text}\nother: 1")).unwrap().remove(0);
                assert_eq!(empty_setting(argument, &setting).is_some(), is_named && is_told);
            }
            count += usize::from(is_named);
        }
        assert_eq!(count, 9);
    }

    #[test]
    fn an_empty_word_is_no_file() {
        let command = ServeArgs::augment_args(clap::Command::new("p"));
        for argument in command.clone().get_arguments().filter(|argument| is_guard(argument)) {
            let word = format!("--{}=", argument.get_long().unwrap());
            let told = command.clone().try_get_matches_from(["p", &word]).unwrap_err();
            assert!(told.to_string().contains("a value is required"), "{told}");
        }
    }
}
