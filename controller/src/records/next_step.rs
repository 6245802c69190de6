//! The next step of a reason, as a command that can be typed where it is one.

use std::borrow::Cow;

use controller_core::status::Reason;

use crate::args::quoted;

/// What stands in hints where the flags of the controller go.
const MIGRATE: &str = "`signpost ownership migrate --from-owner=OWNER` with the owner's id and the controller's flags";
const ADOPT: [&str; 2] = [
    "`signpost ownership adopt` with the name and the controller's flags",
    "`signpost ownership adopt`, the name and the controller's flags",
];

/// Returns what to do about a name; `before` is a zone in which it was and that is gone, and `flags` are those with which a command sees what the controller sees, if they
/// are known.
pub(super) fn next_step(
    reason: &Reason,
    name: &str,
    before: Option<&str>,
    flags: Option<&str>,
) -> Cow<'static, str> {
    let hint = reason.hint();
    if let Some(zone) = before {
        return format!(
            "{hint}; it was in the zone `{zone}`, which the provider does not list any more"
        )
        .into();
    }
    let Some(flags) = flags else { return hint.into() };
    let with = |command: String| match flags {
        "" => format!("`{command}`"),
        flags => format!("`{command} {flags}`"),
    };
    if let Reason::ForeignOwner { owner: Some(owner), .. } = reason {
        let command =
            format!("signpost ownership migrate {}", quoted(format!("--from-owner={owner}")));
        let own = quoted(format!("--migrate-from-txt-owner={owner}"));
        return hint
            .replace(MIGRATE, &with(command))
            .replace("--migrate-from-txt-owner=OWNER", &own)
            .into();
    }
    match ADOPT.iter().find(|said| hint.contains(**said)).filter(|_| !name.is_empty()) {
        Some(said) => {
            let command = format!("signpost ownership adopt {}", quoted(name.to_owned()));
            hint.replace(said, &with(command)).into()
        }
        None => hint.into(),
    }
}

#[cfg(test)]
mod tests {
    use external_dns_webhook::RecordType;

    use super::*;

    const FLAGS: &str = "--source=service --txt-owner-id=me";

    fn foreign(owner: Option<&str>) -> Reason {
        Reason::ForeignOwner { owner: owner.map(str::to_owned), record_type: RecordType::A }
    }

    #[test]
    fn what_takes_a_name_over_is_a_whole_command() {
        let adopt = next_step(&foreign(None), "*.example.com", None, Some(FLAGS));
        let command =
            "`signpost ownership adopt '*.example.com' --source=service --txt-owner-id=me`";
        assert!(adopt.contains(command), "{adopt}");
        let migrate = next_step(&foreign(Some("other one")), "a.example.com", None, Some(FLAGS));
        let command = "`signpost ownership migrate '--from-owner=other one' --source=service --txt-owner-id=me`";
        assert!(migrate.contains(command), "{migrate}");
        assert!(migrate.contains("'--migrate-from-txt-owner=other one'"), "{migrate}");
    }

    #[test]
    fn every_hint_that_says_a_command_of_ownership_can_be_made_whole() {
        let hints = Reason::catalogue().into_iter().map(|row| row.hint);
        let hints: Vec<_> = hints.filter(|hint| hint.contains("signpost ownership")).collect();
        assert!(hints.len() >= 3, "{hints:?}");
        for hint in hints {
            let is_known = ADOPT.iter().chain([&MIGRATE]).any(|said| hint.contains(*said));
            assert!(is_known, "{hint}");
        }
    }

    #[test]
    fn where_the_flags_are_not_known_it_is_said_in_words() {
        assert_eq!(next_step(&foreign(None), "a.example.com", None, None), foreign(None).hint());
    }

    #[test]
    fn a_zone_that_went_is_named() {
        let told = next_step(
            &Reason::NoZone,
            "a.example.com",
            Some("example.com (Z1, public)"),
            Some(FLAGS),
        );
        assert!(
            told.contains("`example.com (Z1, public)`") && told.contains("create the zone"),
            "{told}"
        );
        assert_eq!(
            next_step(&Reason::NoZone, "a.example.com", None, Some(FLAGS)),
            Reason::NoZone.hint()
        );
    }
}
