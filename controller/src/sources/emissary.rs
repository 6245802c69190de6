//! `ambassador-host`: host names of `Host` objects, answered by the Service that an annotation names.

use controller_core::verdict::Reason;

use super::Affected;
use super::asking::Asking;
use super::each::{Conversion, all_after};
use super::options::SourceOptions;
use crate::objects::core::Service;
use crate::objects::emissary::Host;
use crate::objects::{Change, Objects, Resource};

/// Annotation that names the Service; it has no prefix of ours.
const SERVICE: &str = "external-dns.ambassador-service";

/// `ambassador-host`.
pub(super) struct Ambassador;

impl Conversion for Ambassador {
    type Object = Host;
    const SOURCE: &'static str = "ambassador-host";
    const LABEL: &'static str = "host";
    // Compat: the annotation was never looked at on these objects.
    const HEEDS_CONTROLLER: bool = false;

    fn convert<'a>(host: &'a Host, asking: &mut Asking<'a>) {
        let Some(reference) = host.meta.annotations.get(SERVICE) else { return };
        let mut targets = asking.annotations.targets();
        if targets.is_empty() {
            let Some((namespace, name)) = place(reference, &host.meta.namespace) else {
                return asking.tell(Reason::InvalidAnnotation {
                    annotation: SERVICE.to_owned(),
                    value: reference.to_owned(),
                    expected: "`namespace/name`, `name.namespace` or `name`".to_owned(),
                });
            };
            targets = match asking.context.objects.get::<Service>(namespace, name) {
                Some(it) if it.spec.external_ips.is_empty() => it.status.load_balancer.targets(),
                Some(it) => it.spec.external_ips.clone(),
                None => match super::istio::missing::<Service>(namespace, name, asking) {
                    Ok(none) => none,
                    Err(reason) => return asking.unknown(reason),
                },
            };
        }
        if !host.spec.hostname.is_empty() {
            asking.ask(&host.spec.hostname, &targets);
        }
    }

    fn affected(objects: &Objects, _: &SourceOptions, change: &Change) -> Affected {
        all_after::<Host>(objects, change, &[Service::ID])
    }
}

fn place<'a>(reference: &'a str, own: &'a str) -> Option<(&'a str, &'a str)> {
    match (reference.split_once('/'), reference.split_once('.')) {
        (Some((_, name)), _) if name.contains('/') => None,
        (Some(pair), _) => Some(pair),
        (None, Some((name, namespace))) => Some((namespace, name)),
        (None, None) => Some((own, reference)),
    }
}
