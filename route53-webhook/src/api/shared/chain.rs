//! How a profile comes to its credentials by way of others, as far as a command of one of them prints them ([roles]).
//!
//! The SDK goes this way by itself; here it is gone only to find the command at its end.
//!
//! [roles]: https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html

use super::{Said, SharedFiles};

/// A command that prints credentials, and the roles that are assumed with them.
pub(in crate::api) struct ProcessChain {
    pub(in crate::api) command: String,
    /// Where the command stands.
    pub(in crate::api) place: String,
    /// Each is assumed with the credentials of the one before.
    pub(in crate::api) roles: Vec<Role>,
}

/// A role of a profile.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::api) struct Role {
    pub(in crate::api) arn: String,
    pub(in crate::api) external_id: Option<String>,
    pub(in crate::api) session_name: Option<String>,
}

/// What goes before a command as a source of credentials, once no role is to be assumed.
const BEFORE: [&str; 8] = [
    "credential_source",
    "web_identity_token_file",
    "sso_account_id",
    "sso_region",
    "sso_role_name",
    "sso_session",
    "sso_start_url",
    "login_session",
];

/// The keys that a profile has where it is itself a source of credentials.
const KEYS: [&str; 2] = ["aws_access_key_id", "aws_secret_access_key"];

impl SharedFiles {
    /// Returns the command that gives a profile its credentials; `None` where something else does, or nothing can.
    pub(in crate::api) fn process(&self, profile: &str) -> Option<ProcessChain> {
        let mut roles = Vec::new();
        let mut met = Vec::new();
        let mut name = profile;
        loop {
            if met.contains(&name) {
                return None;
            }
            met.push(name);
            let said = |key: &str| self.said(name, key);
            // Those of a profile that another one names come first.
            if met.len() > 1 && KEYS.iter().all(|key| said(key).is_some()) {
                return None;
            }
            let role = said("role_arn").filter(|_| said("web_identity_token_file").is_none());
            let next = match role {
                Some(role) => {
                    let text = |key| said(key).map(|said| said.value.to_owned());
                    roles.push(Role {
                        arn: role.value.to_owned(),
                        external_id: text("external_id"),
                        session_name: text("role_session_name"),
                    });
                    // The SDK tells what is wrong where there are both, or neither.
                    let next =
                        said("source_profile").filter(|_| said("credential_source").is_none());
                    Some(next?.value).filter(|next| *next != name)
                }
                None => None,
            };
            let Some(next) = next else { break };
            name = next;
        }
        if BEFORE.iter().any(|key| self.said(name, key).is_some()) {
            return None;
        }
        let command = self.said(name, "credential_process")?;
        roles.reverse();
        Some(ProcessChain { command: command.value.to_owned(), place: command.place(), roles })
    }

    /// Returns what a profile says last by a key: the file of credentials comes behind that of the configuration.
    fn said(&self, profile: &str, key: &str) -> Option<Said<'_>> {
        self.of_profile(profile).rfind(|said| said.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;
    use super::*;

    fn process(config: &str, credentials: &str) -> Option<(String, String, Vec<String>)> {
        let folder = tempfile::tempdir().unwrap();
        let chain = read(folder.path(), config, credentials).process("dev")?;
        let place = chain.place.split(" in ").next().unwrap_or_default().to_owned();
        Some((chain.command, place, chain.roles.into_iter().map(|role| role.arn).collect()))
    }

    #[test]
    fn the_command_at_the_end_of_a_chain_of_profiles_is_found_with_the_roles_on_the_way() {
        let at = |section: &str| format!("`credential_process` of `[{section}]`");
        let of = |roles: &[&str]| roles.iter().map(|role| (*role).to_owned()).collect();
        for (config, credentials, section, roles) in [
            ("[profile dev]\ncredential_process = run", "", "profile dev", &[][..]),
            ("", "[dev]\ncredential_process = run", "dev", &[]),
            (
                "[profile dev]\nrole_arn = a\nsource_profile = b\n[profile b]\nrole_arn = b\nsource_profile = c\n\
                 [profile c]\ncredential_process = run # it",
                "",
                "profile c",
                &["b", "a"],
            ),
            (
                "[profile dev]\nrole_arn = a\nsource_profile = dev\ncredential_process = run",
                "",
                "profile dev",
                &["a"],
            ),
            (
                "[profile dev]\nrole_arn = a\nsource_profile = default\n\
                 [profile default]\ncredential_process = run\n[default]\ncredential_process = no",
                "[profile default]\ncredential_process = no",
                "profile default",
                &["a"],
            ),
            (
                "[profile dev]\ncredential_process = no",
                "[dev]\ncredential_process = run",
                "dev",
                &[],
            ),
        ] {
            assert_eq!(
                process(config, credentials),
                Some(("run".to_owned(), at(section), of(roles))),
                "{config}"
            );
        }
    }

    #[test]
    fn a_command_that_is_not_the_source_of_credentials_is_not_run() {
        for config in [
            "[dev]\ncredential_process = run",
            "[profile dev]\ncredential_process = run\nsso_session = x",
            "[profile dev]\ncredential_process = run\ncredential_source = Environment",
            "[profile dev]\ncredential_process = run\nrole_arn = a\nweb_identity_token_file = /t",
            "[profile dev]\ncredential_process = run\nrole_arn = a",
            "[profile dev]\nrole_arn = a\nsource_profile = b\n[profile b]\ncredential_process = run\n\
             aws_access_key_id = a\naws_secret_access_key = b",
            "[profile dev]\nrole_arn = a\nsource_profile = b\n[profile b]\nrole_arn = b\nsource_profile = dev",
            "[profile dev]\nrole_arn = a\nsource_profile = gone",
        ] {
            assert_eq!(process(config, ""), None, "{config}");
        }
    }

    #[test]
    fn a_role_has_its_external_id_and_the_name_of_its_session() {
        let folder = tempfile::tempdir().unwrap();
        let config = "[profile dev]\nrole_arn = a\nexternal_id = e\nrole_session_name = n\nsource_profile = b\n\
                      [profile b]\ncredential_process = run";
        let chain = read(folder.path(), config, "").process("dev").unwrap();
        let (external_id, session_name) = (Some("e".to_owned()), Some("n".to_owned()));
        assert_eq!(chain.roles, [Role { arn: "a".to_owned(), external_id, session_name }]);
    }
}
