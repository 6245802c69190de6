//! Rules of Traefik's routers, as an IngressRoute has them.
#![no_main]

use controller_core::desired::Desired;
use controller_sources::objects::{Objects, Raw};
use controller_sources::{ObjectScope, SourceOptions, build, kinds_watched};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|rule: &str| {
    let (names, options) = (["traefik-proxy"], SourceOptions::default());
    let (Ok(watches), Ok(sources)) = (kinds_watched(&names, &options), build(&names, &options))
    else {
        return;
    };
    let mut objects = Objects::new(watches);
    let kinds: Vec<_> = objects.watches().map(|watch| watch.kind.id()).collect();
    let object = json!({
        "apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute",
        "metadata": {
            "name": "web", "namespace": "default",
            "annotations": {"external-dns.alpha.kubernetes.io/target": "192.0.2.1"},
        },
        "spec": {"routes": [{"kind": "Rule", "match": rule}]},
    });
    for kind in kinds {
        if let Ok(raw) = Raw::from_value(object.clone()) {
            objects.apply(&kind, raw);
        }
    }
    let mut desired = Desired::default();
    for source in sources {
        source.collect(&objects, &ObjectScope::All, &mut desired);
    }
});
