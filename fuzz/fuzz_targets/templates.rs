//! Templates of Go: what is accepted at the start never fails in a way that ends the program.
#![no_main]

use controller_core::desired::Desired;
use controller_sources::objects::{Objects, Raw};
use controller_sources::{ObjectScope, SourceOptions, TemplateTexts, build, kinds_watched};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|template: &str| {
    let templates = TemplateTexts { names: vec![template.to_owned()], ..TemplateTexts::default() };
    let (names, options) = (["service"], SourceOptions { templates, ..SourceOptions::default() });
    let (Ok(watches), Ok(sources)) = (kinds_watched(&names, &options), build(&names, &options))
    else {
        return;
    };
    let mut objects = Objects::new(watches);
    let kinds: Vec<_> = objects.watches().map(|watch| watch.kind.id()).collect();
    let service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "web", "namespace": "default", "labels": {"team": "a"}},
        "spec": {"type": "LoadBalancer"},
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    });
    for kind in kinds {
        if let Ok(raw) = Raw::from_value(service.clone()) {
            objects.apply(&kind, raw);
        }
    }
    let mut desired = Desired::default();
    for source in sources {
        source.collect(&objects, &ObjectScope::All, &mut desired);
    }
});
