//! Finds the programs that are not ours and that some suites need, or says that they are missing.
//!
//! `.ci/run` installs them and sets the variables. A bare machine skips what it lacks, with a line
//! that nobody overlooks; with `CI=true` a missing program is a failure, because a suite that
//! silently did not run looks just like one that passed.

use std::path::PathBuf;

/// Returns the path that `variable` holds, or `None` on a machine without it.
///
/// `what` completes the sentence "skipping …" and says what the caller would have done.
///
/// # Panics
///
/// When `CI` is `true` and the variable is unset or empty, and when it names nothing that exists.
#[expect(clippy::print_stderr, reason = "a skipped suite must be seen without a flag")]
pub fn installed(variable: &str, what: &str) -> Option<PathBuf> {
    let Some(path) = environment(variable) else {
        let hint = format!("{variable} is not set; `.ci/run` installs what it names");
        assert!(environment("CI").as_deref() != Some("true"), "cannot run {what}: {hint}");
        eprintln!("SKIPPING {what}: {hint}");
        return None;
    };
    let path = PathBuf::from(path);
    let shown = path.display();
    assert!(path.exists(), "cannot run {what}: {variable} names `{shown}`, which does not exist");
    Some(path)
}

/// Returns where a program is that only widens a suite; `None` when the variable is unset or empty.
///
/// # Panics
///
/// When it names nothing that exists.
pub fn installed_maybe(variable: &str) -> Option<PathBuf> {
    let path = PathBuf::from(environment(variable)?);
    assert!(path.exists(), "{variable} names `{}`, which does not exist", path.display());
    Some(path)
}

/// Tells whether all of these programs are there, in the folders of servers, too; says so when not.
///
/// `what` completes the sentence "skipping …".
///
/// # Panics
///
/// When `CI` is `true` and one is missing.
#[expect(clippy::print_stderr, reason = "a skipped suite must be seen without a flag")]
pub fn has_programs(programs: &[&str], what: &str) -> bool {
    let path = environment("PATH").unwrap_or_default();
    let folders: Vec<_> =
        path.split(':').chain(["/usr/sbin", "/sbin"]).map(PathBuf::from).collect();
    let is_there = |program: &&&str| folders.iter().any(|folder| folder.join(program).is_file());
    let Some(missing) = programs.iter().find(|program| !is_there(program)) else { return true };
    let hint = format!("`{missing}` is not installed; `.ci/name-servers` installs it");
    assert!(environment("CI").as_deref() != Some("true"), "cannot run {what}: {hint}");
    eprintln!("SKIPPING {what}: {hint}");
    false
}

#[expect(clippy::disallowed_methods, reason = "the one place where tests read the environment")]
fn environment(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

/// Tells whether generated files are to be written anew instead of compared (`BLESS=1`).
pub fn blessing() -> bool {
    environment("BLESS").as_deref() == Some("1")
}

/// Tells whether the pictures of pages are to be taken anew (`BLESS=pictures`): no two are equal, so they
/// are not among what is written with everything else.
pub fn blessing_pictures() -> bool {
    environment("BLESS").as_deref() == Some("pictures")
}

/// Returns a browser, or `None` on a machine without one.
///
/// # Panics
///
/// As [`installed`].
pub fn browser() -> Option<PathBuf> {
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let found = usual.iter().map(PathBuf::from).find(|path| path.exists());
    found.or_else(|| installed("SIGNPOST_BROWSER", "the page in a real browser"))
}
