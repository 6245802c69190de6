//! A world for a process test: objects, a provider, and the controller between them.
//!
//! Objects are in a [`Folder`] of manifests or in a [`Namespace`] of a cluster; the provider is one
//! that fails on demand ([`Faulty`]) or the real sidecar ([`Route53Webhook`]). Each is a process of
//! its own or listens on a socket, wired as in production.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot set up its world should stop"
)]

mod objects;
mod provider;
mod running;

use external_dns_webhook::Endpoint;
use serde_json::Value;

use crate::faulty::Faulty;
use crate::patience::eventually;
use crate::process::{Ended, Process, Program};
use crate::programs::SIGNPOST;

pub use self::objects::{Folder, Namespace, Objects};
pub use self::provider::{Route53Webhook, Webhook};
pub use self::running::{Controller, NameServer, Route53, Sidecar};

/// The flag that says whose records are ours.
pub const OWNER: &str = "--txt-owner-id=me";

/// Objects, a provider, and the controller between them; what runs ends with it.
///
/// ```no_run
/// use e2e::World;
/// use e2e::faulty::Faulty;
/// use e2e::world::Folder;
///
/// # async fn test() -> anyhow::Result<()> {
/// let objects = Folder::new();
/// objects.service("web", "192.0.2.1");
/// let provider = Faulty::start(Vec::new()).await?;
/// let world = World::new(objects, provider).flags(&["--source=service"]).started();
/// world.provider.until_names_are(&["web.example.com"]).await;
/// let explained = world.run_on_controller(&["explain", "web.example.com"]);
/// assert!(explained.stdout.contains("192.0.2.1"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct World<O, P = Faulty> {
    /// What wants names.
    pub objects: O,
    /// What answers for them.
    pub provider: P,
    flags: Vec<String>,
    controller: Option<Controller>,
}

impl World<Namespace> {
    /// Returns a world for every cluster there is on this machine, each with a namespace of that
    /// name, a provider that holds `records`, and a running controller with these flags.
    pub async fn everywhere(namespace: &str, records: &[Endpoint], flags: &[&str]) -> Vec<Self> {
        let mut worlds = Vec::new();
        for objects in Namespace::everywhere(namespace).await {
            let provider = Faulty::start(records.to_vec()).await.unwrap();
            worlds.push(Self::new(objects, provider).flags(flags).started());
        }
        worlds
    }
}

impl<O: Objects, P: Webhook> World<O, P> {
    /// Returns a world whose controller has the flag [`OWNER`] and those that lead it to both; it does
    /// not run yet.
    pub fn new(objects: O, provider: P) -> Self {
        let mut flags = objects.flags();
        flags.push(OWNER.to_owned());
        Self { objects, provider, flags, controller: None }
    }

    /// Gives its controller these flags, too.
    #[must_use]
    pub fn flags<F: AsRef<str>>(mut self, flags: &[F]) -> Self {
        self.flags.extend(flags.iter().map(|flag| flag.as_ref().to_owned()));
        self
    }

    /// Starts its controller, as the last step of making the world.
    #[must_use]
    pub fn started(mut self) -> Self {
        self.start();
        self
    }

    /// Starts its controller again, after one that has ended or is killed now.
    pub fn start(&mut self) {
        drop(self.controller.take());
        self.controller = Some(self.replica());
    }

    /// Starts a further controller with the same flags.
    pub fn replica(&self) -> Controller {
        let flags: Vec<_> = self.flags.iter().map(String::as_str).collect();
        Controller::start(&self.provider.url(), &flags, None).unwrap()
    }

    /// Has a controller with its flags, and with these, make one sync and end.
    pub fn sync_once(&self, flags: &[&str]) -> Ended {
        let own = self.flags.iter().map(String::as_str).chain(["--once"]);
        let flags: Vec<_> = own.chain(flags.iter().copied()).collect();
        Controller::program(&self.provider.url(), &flags).run().unwrap()
    }

    /// Returns its controller, which runs or has ended by itself.
    pub fn controller(&self) -> &Controller {
        self.controller.as_ref().unwrap()
    }

    /// Returns the process of its controller.
    pub fn process(&mut self) -> &mut Process {
        &mut self.controller.as_mut().unwrap().process
    }

    /// Kills its controller so that it cannot react.
    pub fn kill(&mut self) {
        self.process().kill();
    }

    /// Sends a signal to its controller and waits for its end, which must be a success.
    pub fn end(&mut self, signal: &str) {
        let process = self.process();
        process.signal(signal).unwrap();
        let status = process.wait().unwrap();
        assert!(status.success(), "SIG{signal}: {status}\n{}", process.log());
    }

    /// Returns what its controller has logged so far.
    pub fn log(&self) -> String {
        self.controller().process.log()
    }

    /// Waits until a text stands in the log, and returns the log.
    pub async fn until_logged(&self, text: &str) -> String {
        let log = || async { self.log() };
        eventually(&format!("`{text}` in the log"), log, |log| log.contains(text)).await
    }

    /// Waits until its controller is ready, or is not, and returns what it says about that.
    pub async fn until_ready_is(&self, expected: bool) -> String {
        let ready = || async { self.controller().ready().await.unwrap() };
        eventually(&format!("ready: {expected}"), ready, |(ready, _)| *ready == expected).await.1
    }

    /// Waits until its controller says this about its readiness, whether it is ready or not.
    pub async fn until_readiness_says(&self, text: &str) {
        let ready = || async { self.controller().ready().await.unwrap().1 };
        eventually(&format!("`{text}` in /readyz"), ready, |says| says.contains(text)).await;
    }

    /// Returns what its controller answers to `GET` of a path.
    pub async fn get(&self, path: &str) -> String {
        self.controller().get(path).await.unwrap().text().await.unwrap()
    }

    /// As [`get`](Self::get), for JSON.
    pub async fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.get(path).await).unwrap()
    }

    /// Returns the flag that leads a command to the provider.
    pub fn provider_flag(&self) -> String {
        format!("--webhook-provider-url={}", self.provider.url())
    }

    /// Runs `signpost` with these arguments and the flag that leads it to the controller.
    pub fn run_on_controller(&self, arguments: &[&str]) -> Ended {
        signpost(arguments, [format!("--controller={}", self.controller().admin)])
    }

    /// Runs `signpost` with these arguments and the flags that lead it to the objects.
    pub fn run_on_objects(&self, arguments: &[&str]) -> Ended {
        signpost(arguments, self.objects.flags())
    }

    /// Runs `signpost` with these arguments and the flag that leads it to the provider.
    pub fn run_on_provider(&self, arguments: &[&str]) -> Ended {
        signpost(arguments, [self.provider_flag()])
    }

    /// Runs `signpost` with these arguments and the flags that lead it to objects and provider.
    pub fn run_on_both(&self, arguments: &[&str]) -> Ended {
        signpost(arguments, self.objects.flags().into_iter().chain([self.provider_flag()]))
    }
}

fn signpost(arguments: &[&str], flags: impl IntoIterator<Item = String>) -> Ended {
    Program::new(SIGNPOST).args(arguments.iter().copied()).args(flags).run().unwrap()
}
