//! How Signpost's programs are told what to do, and how they tell what they did.
//!
//! Flags in the grammar that users of ExternalDNS know, the file in which they can stand, the notice
//! that it changed, the log, and the listeners. Nothing here knows DNS, Kubernetes or a provider.

mod access;
mod authorities;
mod bounded_command;
mod checklist;
mod command_line;
mod complaints;
mod contents;
mod duration;
mod few;
mod file;
mod file_watcher;
mod files;
mod flag_values;
mod guards;
mod in_between;
mod listener;
mod log;
pub mod metrics;
mod misspelt;
mod plain;
mod program;
mod proxy_failure;
mod refusals;
mod reload;
mod reread;
mod serve;
mod serve_args;
mod shell;
mod sidecar;
mod signals;
mod toggle;

pub use self::access::{Access, AccessFiles, Admission, bearer};
pub use self::authorities::check_authorities;
pub use self::bounded_command::{CommandFailure, run_bounded};
pub use self::checklist::{CheckError, Checklist, OutputError, print};
pub use self::command_line::CommandLine;
pub use self::complaints::{Complaints, Grammar, SetBy};
pub use self::contents::Contents;
pub use self::duration::{BadDuration, GoDuration, duration};
pub use self::few::Few;
pub use self::file::{Setting, settings};
pub use self::file_watcher::FileWatcher;
pub use self::files::raise_file_limit;
pub use self::flag_values::{FlagValues, Flags};
pub use self::guards::{EmptyVariables, empty_setting, is_guard};
pub use self::in_between::written_on_the_way;
pub use self::listener::{ListenError, Listener, Peer, ProxySign, address};
pub use self::log::{Log, LogFormat, LogLevel, Show, log_targets, shortened};
pub use self::misspelt::{SpeltVariable, misspelt, spelt, variable};
pub use self::plain::plain;
pub use self::program::{UsageError, chain, run};
pub use self::proxy_failure::{proxy_failure, shown_proxy};
pub use self::refusals::Refusals;
pub use self::reload::Reloader;
pub use self::reread::{FilesError, NamedFile};
pub use self::serve::{Limits, RequestBody, ServeOptions, serve};
pub use self::serve_args::{MAX_BODY_SIZE_BYTES, ServeArgs};
pub use self::shell::{Shell, ShellError, completion, man};
pub use self::sidecar::{Doors, Sidecar, SidecarError, serve_sidecar};
pub use self::signals::{End, Hangup, Signals, catch_signals};
pub use self::toggle::{is_toggle, positive, toggle};
