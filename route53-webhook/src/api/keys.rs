//! Keys in the environment: what no header can show stops the SDK, and with it the process.

/// The variables that the SDK signs with.
const VARIABLES: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// A key with a character that no key has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{variable}` has a line end, a blank or another character that no key of AWS has; a Secret made with `echo` has a \
     line end: use `printf %s`, or `kubectl create secret generic --from-literal`"
)]
pub struct BadKey {
    variable: &'static str,
}

/// Checks the keys of the environment.
///
/// # Errors
///
/// Returns an error that names the variable, and shows nothing of what is in it.
pub fn check_keys(lookup: impl Fn(&'static str) -> Option<String>) -> Result<(), BadKey> {
    for variable in VARIABLES {
        let text = lookup(variable).unwrap_or_default();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadKey { variable });
        }
    }
    Ok(())
}

/// Returns, of the two variables of a key, the one that is set and the one that is not: the SDK goes on as if neither
/// were.
pub(super) fn half(
    lookup: impl Fn(&'static str) -> Option<String>,
) -> Option<(&'static str, &'static str)> {
    let [id, secret, _] = VARIABLES;
    let is_set = |name| lookup(name).is_some_and(|text| !text.trim().is_empty());
    // The SDK takes the secret by its old name, too.
    match (is_set(id), is_set(secret) || is_set("SECRET_ACCESS_KEY")) {
        (true, false) => Some((id, secret)),
        (false, true) => Some((secret, id)),
        (true, true) | (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_which_one_half_is_empty_is_told_with_both_variables() {
        let half = |id: &str, secret: &str| {
            half(|name| match name {
                "AWS_ACCESS_KEY_ID" => Some(id.to_owned()),
                "AWS_SECRET_ACCESS_KEY" => Some(secret.to_owned()),
                _ => None,
            })
        };
        assert_eq!(half("AKIA", " "), Some(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")));
        assert_eq!(half("", "x"), Some(("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")));
        assert_eq!((half("", ""), half("AKIA", "x")), (None, None));
    }

    #[test]
    fn a_key_with_what_no_key_has_is_told_and_not_shown() {
        let check = |text: &str| check_keys(|_| Some(text.to_owned()));
        for good in ["", "AKIAIOSFODNN7EXAMPLE", "wJalr/XUtnFEMI+K7MDENG=="] {
            assert_eq!(check(good), Ok(()));
        }
        for bad in ["hunter2\n", "hunter2 ", "hunter\u{0}2", "hunter\u{200b}2", "hunter2\r\n"] {
            let told = check(bad).unwrap_err().to_string();
            assert!(
                told.starts_with("`AWS_ACCESS_KEY_ID` has") && !told.contains("hunter"),
                "{told}"
            );
        }
    }
}
