//! `traefik-proxy`: hosts in the rules of Traefik's routes, answered by the `target` annotation.

mod rule;

use std::marker::PhantomData;

use controller_core::status::Reason;

use super::endpoint_builder::EndpointBuilder;
use super::per_object::ObjectSource;
use crate::objects::traefik::TraefikRoute;

/// One of the kinds of routes.
pub(super) struct TraefikSource<R>(PhantomData<R>);

impl<R: TraefikRoute> ObjectSource for TraefikSource<R> {
    type Object = R;
    const SOURCE: &'static str = "traefik-proxy";
    const LABEL: &'static str = R::LABEL;
    const TARGETS_AT: &'static str = "the `target` annotation";

    fn convert<'a>(route: &'a R, builder: &mut EndpointBuilder<'a>) {
        let hosts = hosts(route, builder);
        let names = builder.names(hosts, &[]);
        builder.add_annotated_or_templated(&names);
    }
}

/// Returns the hosts in the rules of a route.
///
/// With a rule that cannot be read the route is not known in full: its records stay.
fn hosts<R: TraefikRoute>(route: &R, builder: &mut EndpointBuilder<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for (at, rule) in route.spec().routes.iter().enumerate() {
        if rule.matcher.is_empty() && !R::NEEDS_RULES {
            continue;
        }
        let found = rule::hosts(&rule.matcher).unwrap_or_else(|(before, error)| {
            let error = format!("in the rule `spec.routes[{at}].match`, {error}");
            builder.unknown(Reason::Unreadable { error });
            before
        });
        found.nameless.into_iter().for_each(|why| builder.passed_over(why));
        names.extend(found.names);
    }
    names
}
