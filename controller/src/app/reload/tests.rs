//! What flags that are read again set.

use super::*;
use crate::args::{Cli, Command, Environment, Parsed, no_rules, parse};

fn read(arguments: &[String]) -> Result<(RunArgs, FlagValues), String> {
    let environment = Environment {
        lookup: &|_| None,
        read: &|_| Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        rules: &no_rules,
    };
    match parse(arguments.to_vec(), &environment) {
        Parsed::Run(cli, _, values) => match *cli {
            Cli { command: Command::Run(args), .. } => Ok((*args, values)),
            other => panic!("{other:?}"),
        },
        Parsed::Usage(text) | Parsed::Print(text) => Err(text),
    }
}

/// A reloader of what `--interval` says, and what it sets.
struct World {
    reloader: Reloader,
    interval: watch::Sender<&'static str>,
    stale_after: watch::Receiver<Duration>,
    config: watch::Receiver<Arc<Config>>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let manifests = format!("--manifests={}", folder.path().display());
        let (interval, intervals) = watch::channel("1m");
        let words = move || {
            let interval = format!("--interval={}", *intervals.borrow());
            let fixed = ["run", "--source=crd", "--txt-owner-id=me", "--policy=sync"];
            [&fixed[..], &[&manifests, &interval]]
                .concat()
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let (args, values) = read(&words()).unwrap();
        let RunArgs {
            sources,
            templates,
            transforms,
            manifests,
            kubernetes,
            ownership: owner,
            safety,
            ..
        } = args;
        let desired_state =
            DesiredState::new(sources, templates, &transforms, manifests, kubernetes).unwrap();
        let mut bringing = Tasks::default();
        desired_state.start(&mut bringing).await.unwrap();
        let owner = (owner, args.domains.into());
        let ownership = ownership(owner, &safety, &transforms, safety.policy.unwrap()).unwrap();
        let config = Config {
            desired_state: Arc::new(desired_state),
            planner: ownership.planner,
            on_target_loss: ownership.on_target_loss,
            pace: Pace::from(&args.pace),
            events: args.pace.events,
        };
        let (sender, config) = watch::channel(Arc::new(config));
        let (stale, stale_after) = watch::channel(stale_after(args.pace.interval.0));
        let read = Box::new(move || read(&words()));
        let flag_reader = FlagReader { file: None, values, read, log: Log::nowhere() };
        let status = Arc::new(Status::default());
        let hangup = daemon::Signals::catch().unwrap().hangup;
        let reloader =
            Reloader { flag_reader, hangup, status, stale_after: stale, config: sender, bringing };
        Self { reloader, interval, stale_after, config, _folder: folder }
    }

    /// Returns how long syncs are apart, and how old the last good one may be.
    fn pace(&self) -> [Duration; 2] {
        [self.config.borrow().pace.interval, *self.stale_after.borrow()]
    }
}

#[tokio::test]
async fn another_interval_moves_the_age_at_which_the_controller_is_not_ready() {
    let mut world = World::new().await;
    assert_eq!(world.pace(), [1, 3].map(Duration::from_mins));
    world.interval.send_replace("10m");
    let changed = world.reloader.take().await.unwrap();
    assert_eq!(changed, Flags::from_iter(["interval".to_owned()]));
    assert_eq!(world.pace(), [10, 30].map(Duration::from_mins));
    world.interval.send_replace("1");
    world.reloader.take().await.unwrap_err();
    assert_eq!(world.pace(), [10, 30].map(Duration::from_mins), "nonsense moves nothing");
    // However short, one slow sync makes nobody unready.
    world.interval.send_replace("1s");
    world.reloader.take().await.unwrap();
    assert_eq!(world.pace(), [Duration::from_secs(1), Duration::from_mins(1)]);
}
