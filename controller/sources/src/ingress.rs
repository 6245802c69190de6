//! `ingress`: hosts of rules and certificates, answered by the load balancer of the Ingress.

use super::annotations::key;
use super::endpoint_builder::EndpointBuilder;
use super::options::SourceOptions;
use super::per_object::ObjectSource;
use crate::objects::core::Ingress as Object;

/// Annotation that chose the class before `spec.ingressClassName` did.
pub(super) const CLASS_ANNOTATION: &str = "kubernetes.io/ingress.class";

pub(super) struct IngressSource;

impl ObjectSource for IngressSource {
    type Object = Object;
    const SOURCE: &'static str = "ingress";
    const LABEL: &'static str = "ingress";
    const TARGETS_AT: &'static str = "`status.loadBalancer`";
    const NAMES_AT: Option<&'static str> = Some("`spec.rules[].host`, `spec.tls[].hosts`");

    fn convert<'a>(ingress: &'a Object, builder: &mut EndpointBuilder<'a>) {
        let options = builder.context.options;
        if !is_of_a_class_read(ingress, options) {
            return builder.left_out();
        }
        if (options.ignore_ingress_rules || options.ignore_ingress_tls) && !builder.is_annotated() {
            builder.left_out();
        }
        let mut targets = builder.annotations.targets();
        if targets.is_empty() {
            targets = ingress.status.load_balancer.targets();
        }
        let names = builder.names(defined(ingress, builder), &[key::INGRESS_HOSTNAME_SOURCE]);
        builder.add_all(&names, &targets);
        builder.add_from_template(|builder, names| builder.add_all(&names, &targets));
        if builder.annotations.get(key::TARGET) == Some("") && targets.is_empty() {
            builder.tell(builder.no_targets());
        }
    }

    fn left_out_by(ingress: &Object, options: &SourceOptions) -> Option<String> {
        if is_of_a_class_read(ingress, options) {
            return None;
        }
        let flags =
            options.ingress_classes.iter().map(|class| format!("`--ingress-class={class}`"));
        let flags = flags.collect::<Vec<_>>().join(", ");
        Some(match class(ingress) {
            "" => format!("it has no class, and only those of {flags} are read"),
            class => format!("its class is `{class}`, and only those of {flags} are read"),
        })
    }
}

fn is_of_a_class_read(ingress: &Object, options: &SourceOptions) -> bool {
    let classes = &options.ingress_classes;
    classes.is_empty() || classes.contains(class(ingress))
}

/// Returns the class of an Ingress; the annotation counts only when the field is empty.
fn class(ingress: &Object) -> &str {
    match ingress.spec.ingress_class_name.as_str() {
        "" => ingress.meta.annotations.get(CLASS_ANNOTATION).unwrap_or_default(),
        class => class,
    }
}

fn defined(ingress: &Object, builder: &EndpointBuilder<'_>) -> Vec<String> {
    let options = builder.context.options;
    let rules = ingress.spec.rules.iter().map(|rule| &rule.host);
    // A rule without a host, or with an empty one, is for every host; a certificate has none.
    let rules = rules.filter(|host| !options.ignore_ingress_rules && !host.is_empty());
    let tls = ingress.spec.tls.iter().flat_map(|ingress_tls| &ingress_tls.hosts);
    let tls = tls.filter(|_| !options.ignore_ingress_tls);
    rules.chain(tls).cloned().collect()
}
