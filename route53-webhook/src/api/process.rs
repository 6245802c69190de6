//! The command of a profile that prints credentials ([external process]), run where the SDK would wait for it without
//! an end and leave it behind.
//!
//! It has a bound on its time, is run once at a time however many calls wait for what it prints, is ended with all that
//! it started, and is named where it gives nothing.
//!
//! [external process]: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html

use std::collections::BTreeMap;
use std::fmt;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as Keys;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_route53::primitives::{DateTime, DateTimeFormat};
use daemon::CommandFailure;
use serde_json::{Map, Value};
use tokio::process::Command;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a command may take: a call to AWS that waits for it is then not yet given up.
const MOST: Duration = Duration::from_secs(15);

/// The commands that were met, so that each is run once at a time for all accounts.
#[derive(Debug, Default)]
pub struct Processes(StdMutex<BTreeMap<String, Arc<Process>>>);

impl Processes {
    /// Returns the command of a profile, of which `place` says where it stands.
    pub(super) fn of(&self, command: &str, place: String) -> Arc<Process> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            Arc::new(Process {
                command: command.to_owned(),
                place,
                most: MOST,
                last: Mutex::default(),
            })
        };
        Arc::clone(known.entry(command.to_owned()).or_insert_with(new))
    }
}

/// A command that prints credentials.
pub(super) struct Process {
    command: String,
    place: String,
    most: Duration,
    /// When the last run ended, and what came of it.
    last: Mutex<Option<(Instant, Result<Keys, ProcessFailure>)>>,
}

/// Why a command gives no credentials, without what it printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place} gives none: {why}")]
pub struct ProcessFailure {
    place: String,
    why: String,
}

/// A secret may be among its words.
impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("place", &self.place).finish_non_exhaustive()
    }
}

impl ProvideCredentials for Process {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl Process {
    /// Returns what a run gave that ended after this was asked for.
    async fn credentials(&self) -> provider::Result {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        let given = match &*last {
            Some((ended, given)) if *ended > asked => given.clone(),
            Some(_) | None => {
                let given = self.run().await;
                *last = Some((Instant::now(), given.clone()));
                given
            }
        };
        given.map_err(CredentialsError::provider_error)
    }

    async fn run(&self) -> Result<Keys, ProcessFailure> {
        let given = self.given().await;
        given.map_err(|why| ProcessFailure { place: self.place.clone(), why })
    }

    async fn given(&self) -> Result<Keys, String> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.command]).stdin(Stdio::null()).stderr(Stdio::null());
        let (status, printed) = match daemon::run_bounded(command, true, self.most).await {
            Ok(done) => done,
            Err(CommandFailure::Silent(waited)) => {
                let waited = waited.as_secs();
                return Err(format!(
                    "it had not ended after {waited} s, and was ended with all that it started"
                ));
            }
            Err(CommandFailure::NotRun(error)) => {
                return Err(format!("it cannot be run: {}", daemon::chain(&error)));
            }
        };
        if !status.success() {
            return Err(ended(status));
        }
        #[expect(clippy::disallowed_methods, reason = "credentials end by the clock of the world")]
        keys(&printed, SystemTime::now())
    }
}

/// Returns how a command ended that did not end well.
fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(127) => "there is no such command here".to_owned(),
        Some(code) => format!("it ended with the exit status {code}"),
        None => "it was ended by a signal".to_owned(),
    }
}

/// Reads what a command printed. Its keys are read in any case, as the SDK does.
fn keys(printed: &[u8], now: SystemTime) -> Result<Keys, String> {
    let read: Option<Map<String, Value>> = serde_json::from_slice(printed).ok();
    let read = read.unwrap_or_default();
    let value = |name: &str| {
        read.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    let text = |name| value(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (Some(version), Some(id), Some(secret)) =
        (value("Version").and_then(Value::as_i64), text("AccessKeyId"), text("SecretAccessKey"))
    else {
        return Err("it ended well and did not print JSON with `Version`, `AccessKeyId` and `SecretAccessKey`".to_owned());
    };
    if version != 1 {
        return Err(format!("what it printed has the `Version` {version}, and only 1 is known"));
    }
    let token = text("SessionToken");
    let is_key = |key: &str| key.bytes().all(|byte| byte.is_ascii_graphic());
    if ![Some(id), Some(secret), token].into_iter().flatten().all(is_key) {
        return Err("a key that it printed has a line end, a blank or another character that no key of AWS has".to_owned());
    }
    let expires = text("Expiration").map(|text| expiration(text, now)).transpose()?;
    let mut keys =
        Keys::builder().access_key_id(id).secret_access_key(secret).provider_name("Process");
    keys.set_session_token(token.map(str::to_owned));
    keys.set_expiry(expires);
    Ok(keys.build())
}

/// Reads when credentials end.
fn expiration(text: &str, now: SystemTime) -> Result<SystemTime, String> {
    let read = DateTime::from_str(text, DateTimeFormat::DateTimeWithOffset).ok();
    let Some(ends) = read.and_then(|ends| SystemTime::try_from(ends).ok()) else {
        return Err(
            "the `Expiration` that it printed is no time such as `2026-05-02T18:36:00Z`".to_owned()
        );
    };
    if ends <= now {
        return Err("what it printed has ended already by its `Expiration`".to_owned());
    }
    Ok(ends)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const NOON: SystemTime = SystemTime::UNIX_EPOCH;

    fn process(command: &str, most: Duration) -> Process {
        let place = "`credential_process` of `[default]` in `config`".to_owned();
        Process { command: command.to_owned(), place, most, last: Mutex::default() }
    }

    fn told(printed: &str) -> String {
        keys(printed.as_bytes(), NOON).map(drop).unwrap_err()
    }

    #[test]
    fn what_a_command_prints_is_read_as_aws_documents_it() {
        let read = keys(
            br#"{"Version": 1, "AccessKeyId": "AKIA", "SecretAccessKey": "s", "SessionToken": "t",
                 "Expiration": "2099-05-02T18:36:00+00:00", "AccountId": "1"}"#,
            NOON,
        )
        .unwrap();
        assert_eq!((read.access_key_id(), read.secret_access_key()), ("AKIA", "s"));
        assert_eq!(read.session_token(), Some("t"));
        assert!(read.expiry().unwrap() > NOON);
        let least =
            keys(br#"{"version":1,"accesskeyid":"A","secretaccesskey":"s"}"#, NOON).unwrap();
        assert_eq!((least.session_token(), least.expiry()), (None, None));
    }

    #[test]
    fn what_is_wrong_with_what_a_command_prints_is_told_without_it() {
        let with = |more: &str| {
            format!(r#"{{"Version":1,"AccessKeyId":"hunter","SecretAccessKey":"hunter2"{more}}}"#)
        };
        for (printed, words) in [
            ("hunter2".to_owned(), "did not print JSON with `Version`"),
            (with("").replace("1,", "\"hunter2\","), "did not print JSON with `Version`"),
            (with("").replace("hunter2", ""), "did not print JSON with `Version`"),
            (with("").replace(":1,", ":2,"), "has the `Version` 2, and only 1"),
            (with("").replace("hunter2", "hunter2\\n"), "has a line end, a blank"),
            (with(r#","SessionToken":"a hunter2""#), "has a line end, a blank"),
            (with(r#","Expiration":"hunter2""#), "is no time such as"),
            (with(r#","Expiration":"1969-01-01T00:00:00Z""#), "has ended already"),
        ] {
            let told = told(&printed);
            assert!(told.contains(words) && !told.contains("hunter2"), "{told}");
        }
    }

    #[tokio::test]
    async fn a_command_that_hangs_is_ended_with_what_it_started_and_named() {
        let folder = tempfile::tempdir().unwrap();
        let started = folder.path().join("started");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        // A reader of the pipe waits until no process has it open for writing any more.
        let script =
            format!("(echo x >> {}; exec sleep 20) > {} & wait", started.display(), pipe.display());
        let process = process(&script, Duration::from_millis(500));
        let read = tokio::task::spawn_blocking(move || std::fs::read(&pipe));
        let told = process.credentials().await.unwrap_err();
        let ProcessFailure { place, why } =
            std::error::Error::source(&told).unwrap().downcast_ref().unwrap();
        assert!(
            place.contains("`[default]`") && why.contains("it had not ended after 0 s"),
            "{why}"
        );
        let read = tokio::time::timeout(Duration::from_secs(10), read).await;
        let read = read.expect("the child of the command has ended, too").unwrap().unwrap();
        assert_eq!(read, b"");
        assert!(started.exists());
    }

    #[tokio::test]
    async fn a_command_is_run_once_for_all_that_wait_and_again_for_who_comes_later() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let printed = r#"{"Version":1,"AccessKeyId":"A","SecretAccessKey":"s"}"#;
        let script = format!("echo run >> {}; sleep 0.2; echo '{printed}'", runs.display());
        let process = process(&script, Duration::from_secs(20));
        let count = |runs: &Path| std::fs::read_to_string(runs).unwrap().lines().count();
        let all = futures::future::join_all((0..20).map(|_| process.credentials())).await;
        assert!(all.iter().all(Result::is_ok));
        assert_eq!(count(&runs), 1);
        assert!(process.credentials().await.is_ok());
        assert_eq!(count(&runs), 2);
    }
}
