//! What of a kind is kept when its API server sends more than there can be.

use controller_sources::objects::core::Service;
use controller_sources::objects::{Objects, Resource as _};
use controller_sources::{SourceOptions, kinds_watched};
use kube_emulator::{Emulator, Options};
use serde_json::json;

use super::*;
use crate::cluster::{self, Access};

async fn session(emulator: &Emulator) -> Session {
    let watches = kinds_watched(&["service".to_owned()], &SourceOptions::default()).unwrap();
    let objects = Objects::new(watches);
    let watch = objects.watches().find(|watch| watch.kind.id() == Service::ID).unwrap().clone();
    let access = Access { server: emulator.url(), ..Access::default() };
    let client = cluster::client(&access).await.unwrap();
    Session::new(client, Arc::new(ObjectStore::new(objects)), watch, String::new())
}

fn make(emulator: &Emulator, name: &str) {
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    });
    let _ = emulator.apply(service).unwrap();
}

fn names(session: &Session) -> Vec<String> {
    let objects = session.store.read();
    objects.list::<Service>().map(|service| service.meta.name.clone()).collect()
}

#[tokio::test]
async fn of_objects_without_an_end_none_is_kept_and_what_was_known_stays() {
    for streams in [true, false] {
        let emulator = Emulator::start(Options::default()).await.unwrap();
        let mut session = session(&emulator).await;
        session.streams = streams;
        make(&emulator, "known");
        session.step(&mut false).await.ok().unwrap();
        let known = names(&session);
        assert!(known.contains(&"known".to_owned()));
        for number in 0..10 {
            make(&emulator, &format!("more-{number}"));
        }
        session.known = None;
        session.most = (6, usize::MAX);
        let End::Failed { failure, .. } = session.run().await else { panic!("it has an end") };
        let told = failure.to_string();
        assert!(told.contains("services") && told.contains("more than 6 objects"), "{told}");
        // Only then do objects go: what nothing is known of is not deleted.
        assert!(names(&session).len() > known.len());
        assert!(session.set_state(KindState::Failed(failure)));
        session.fails();
        assert_eq!(names(&session), known);
        session.most = MOST;
        session.step(&mut false).await.ok().unwrap();
        assert_eq!(names(&session).len(), known.len() + 10, "it is read where it has an end");
    }
}
