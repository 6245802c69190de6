//! `ambassador-host`: host names of `Host` objects, answered by the Service that an annotation names.

use controller_core::status::Reason;

use super::Affected;
use super::endpoint_builder::EndpointBuilder;
use super::options::SourceOptions;
use super::per_object::{ObjectSource, all_after};
use crate::objects::core::Service;
use crate::objects::emissary::EmissaryHost;
use crate::objects::{Change, Objects, Resource};

/// Annotation that names the Service; it has no prefix of ours.
const SERVICE: &str = "external-dns.ambassador-service";

/// Namespace of a Service that is named without one, whatever the host's own.
const NAMESPACE: &str = "default";

pub(super) struct AmbassadorSource;

impl ObjectSource for AmbassadorSource {
    type Object = EmissaryHost;
    const SOURCE: &'static str = "ambassador-host";
    const LABEL: &'static str = "host";
    const TARGETS_AT: &'static str = "the load balancer of its Service";
    const NAMES_AT: Option<&'static str> = Some("`spec.hostname`");
    // Compat: the annotation was never looked at on these objects.
    const HEEDS_CONTROLLER: bool = false;

    fn convert<'a>(host: &'a EmissaryHost, builder: &mut EndpointBuilder<'a>) {
        let hostname = host.spec.hostname.as_str();
        if hostname == "*" {
            // A host of every name is part of most installations.
            return builder.passed_over("`*` is every host".to_owned());
        }
        let Some(reference) = host.meta.annotations.get(SERVICE) else {
            if hostname.is_empty() {
                return;
            }
            let why = format!("no annotation `{SERVICE}` names the Service that answers");
            return builder.refuse(hostname, Reason::LeftOut { why });
        };
        let mut targets = builder.annotations.targets();
        if targets.is_empty() {
            let Some((namespace, name)) = place(reference) else {
                return builder.unknown(Reason::InvalidAnnotation {
                    annotation: SERVICE.to_owned(),
                    value: reference.to_owned(),
                    expected: "`namespace/name`, `name.namespace` or `name`, which is in `default`"
                        .to_owned(),
                    is_ignored: false,
                });
            };
            targets = match builder.context.objects.find::<Service>(namespace, name) {
                Ok(service) if service.spec.external_ips.is_empty() => {
                    service.status.load_balancer.targets()
                }
                Ok(service) => service.spec.external_ips.clone(),
                Err(reason) => return builder.unknown(reason),
            };
        }
        builder.add(hostname, &targets);
    }

    fn affected(objects: &Objects, _: &SourceOptions, change: &Change) -> Affected {
        all_after::<EmissaryHost>(objects, change, &[Service::ID])
    }
}

/// Returns the namespace and the name of a reference; `None` when it has more than one slash.
fn place(reference: &str) -> Option<(&str, &str)> {
    match (reference.split_once('/'), reference.split_once('.')) {
        (Some((_, name)), _) if name.contains('/') => None,
        (Some(pair), _) => Some(pair),
        (None, Some((name, namespace))) => Some((namespace, name)),
        (None, None) => Some((NAMESPACE, reference)),
    }
}
