//! From flags to what the sources and the transforms take.

use anyhow::{Context as _, bail};
use controller_core::name_right::WithoutRule;
use controller_core::name_sharing::NameSharing;
use controller_core::transform::{self, Reverse, TargetNets, TransformOptions};
use controller_core::value::{HostName, Target};
use daemon::Complaints;
use external_dns_webhook::Ttl;
use ipnet::IpNet;

use crate::args::{SourceArgs, TemplateArgs, TransformArgs, WithoutRuleName};
use controller_sources::namespace_domains::NamespaceDomains;
use controller_sources::objects::core::ServiceType;
use controller_sources::selector::Selector;
use controller_sources::{Compatibility, SourceOptions, TemplateTexts};

/// Returns what the sources take; adds all that makes no sense, each with its flag, and leaves that out.
#[expect(clippy::too_many_lines, reason = "one line a flag, and none can be forgotten")]
pub fn source_options(
    args: SourceArgs,
    templates: TemplateArgs,
    wrong: &mut Complaints,
) -> SourceOptions {
    // No `..`: a new flag must be given a meaning here before the crate compiles.
    let SourceArgs {
        source: _,
        namespace,
        namespace_domain,
        namespace_domain_default,
        one_namespace_per_name,
        label_filter,
        annotation_filter,
        annotation_prefix,
        max_names_per_object,
        compatibility,
        ignore_hostname_annotation,
        service_type_filter,
        publish_internal_services,
        publish_host_ip,
        headless_from_pods,
        always_publish_not_ready_addresses,
        resolve_service_load_balancer_hostname,
        listen_endpoint_events: _,
        expose_internal_ipv6,
        exclude_unschedulable,
        ingress_class,
        ignore_ingress_rules_spec,
        ignore_ingress_tls_spec,
        pod_source_domain,
        ignore_non_host_network_pods,
        gateway_name,
        gateway_namespace,
        gateway_label_filter,
        gateway_listener_sets,
        gateway_listener_hostnames,
        gloo_namespace,
        openshift_router_name,
        skipper_routegroup_groupversion,
        traefik_enable_legacy,
        traefik_disable_new,
        unstructured_resource,
    } = args;
    let TemplateArgs {
        fqdn_template,
        target_template,
        fqdn_target_template,
        combine_fqdn_annotation,
    } = templates;
    wrong.took(&["annotation-prefix"], check_prefixes(&annotation_prefix));
    if ignore_hostname_annotation && fqdn_template.is_empty() && fqdn_target_template.is_empty() {
        wrong.rule(
            &["ignore-hostname-annotation", "fqdn-template", "fqdn-target-template"],
            "`--ignore-hostname-annotation` leaves no names to publish: add `--fqdn-template=…`",
        );
    }
    if skipper_routegroup_groupversion != "zalando.org/v1" {
        wrong.rule(
            &["skipper-routegroup-groupversion"],
            format!(
                "`--skipper-routegroup-groupversion={skipper_routegroup_groupversion}` is not \
                 supported: RouteGroups are read as zalando.org/v1"
            ),
        );
    }
    let service_types = service_type_filter
        .iter()
        .filter(|filter| !filter.is_empty())
        .filter_map(|filter| wrong.took(&["service-type-filter"], service_type(filter)))
        .collect();
    let mut selector = |flag: &str, selector: Result<Selector, _>| {
        let selector = selector.with_context(|| format!("`--{flag}` makes no sense"));
        wrong.took(&[flag], selector).unwrap_or_default()
    };
    let annotation_filter =
        selector("annotation-filter", Selector::annotations(&annotation_filter));
    let label_filter = selector("label-filter", Selector::labels(&label_filter));
    let gateway_label_filter =
        selector("gateway-label-filter", Selector::annotations(&gateway_label_filter));
    let pod_source_domain = wrong.took(&["pod-source-domain"], pod_domain(pod_source_domain));
    let namespace_domains = NamespaceDomains::new(
        namespace_domain,
        match namespace_domain_default {
            WithoutRuleName::Allow => WithoutRule::Allow,
            WithoutRuleName::Deny => WithoutRule::Deny,
        },
    );
    let is_apart = one_namespace_per_name.unwrap_or_else(|| namespace_domains.is_in_use());
    let sharing =
        if is_apart { NameSharing::WithinNamespace } else { NameSharing::AcrossNamespaces };
    SourceOptions {
        annotation_prefixes: annotation_prefix,
        annotation_filter,
        label_filter,
        namespaces: namespace.into_iter().filter(|namespace| !namespace.is_empty()).collect(),
        namespace_domains,
        sharing,
        max_names_per_object,
        templates: TemplateTexts {
            names: fqdn_template,
            targets: target_template,
            pairs: fqdn_target_template,
            combine: combine_fqdn_annotation,
        },
        ignore_hostname_annotation,
        publish_internal_services,
        publish_host_ip,
        headless_from_pods,
        always_publish_not_ready_addresses,
        service_types,
        resolve_load_balancer_hostname: resolve_service_load_balancer_hostname,
        compatibility: older(&compatibility),
        ingress_classes: ingress_class
            .into_iter()
            .filter(|ingress_class| !ingress_class.is_empty())
            .collect(),
        ignore_ingress_rules: ignore_ingress_rules_spec,
        ignore_ingress_tls: ignore_ingress_tls_spec,
        exclude_unschedulable,
        expose_internal_ipv6,
        ignore_non_host_network_pods,
        pod_source_domain: pod_source_domain.unwrap_or_default(),
        gateway_namespace,
        gateway_name,
        gateway_label_filter,
        gateway_listener_sets,
        gateway_listener_hostnames,
        gloo_namespaces: gloo_namespace.into_iter().collect(),
        openshift_router_name,
        traefik_legacy: traefik_enable_legacy,
        traefik_current: !traefik_disable_new,
        unstructured_resources: unstructured_resource,
    }
}

/// Returns whose annotations count; the flag takes no other words.
fn older(compatibility: &str) -> Compatibility {
    match compatibility {
        "mate" => Compatibility::Mate,
        "molecule" => Compatibility::Molecule,
        "kops-dns-controller" => Compatibility::KopsDnsController,
        _ => Compatibility::Off,
    }
}

/// Refuses prefixes that no key of an annotation can have ([annotations]).
///
/// [annotations]: https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/#syntax-and-character-set
fn check_prefixes(prefixes: &[String]) -> anyhow::Result<()> {
    let is_inner = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
    };
    let is_label = |label: &str| {
        let ends = label.starts_with('-') || label.ends_with('-');
        matches!(label.len(), 1..=63) && label.chars().all(is_inner) && !ends
    };
    let is_domain = |domain: &str| domain.len() <= 253 && domain.split('.').all(is_label);
    for prefix in prefixes {
        if prefix.strip_suffix('/').is_some_and(is_domain) {
            continue;
        }
        let meant = format!("{}/", prefix.trim().trim_end_matches('/').to_ascii_lowercase());
        let is_plain = meant.strip_suffix('/').is_some_and(is_domain);
        let next = if is_plain { meant } else { "example.com/".to_owned() };
        bail!(
            "`--annotation-prefix={prefix}` begins no key of an annotation: that is a domain in \
             small letters, and it must end with a slash; write one such as `{next}`"
        );
    }
    Ok(())
}

/// Returns a domain that names can be put under, without a dot before it; empty for none.
fn pod_domain(text: String) -> anyhow::Result<String> {
    let domain = text.strip_prefix('.').unwrap_or(&text);
    if domain.is_empty() && text.is_empty() {
        return Ok(text);
    }
    let domain = HostName::validate(domain)
        .with_context(|| format!("`--pod-source-domain={text}` is not a domain"))?;
    if domain.is_wildcard() {
        bail!(
            "`--pod-source-domain={text}` is not a domain: names cannot be put before a wildcard"
        );
    }
    Ok(domain.as_str().to_owned())
}

fn service_type(text: &str) -> anyhow::Result<ServiceType> {
    Ok(match text {
        "ClusterIP" => ServiceType::ClusterIp,
        "NodePort" => ServiceType::NodePort,
        "LoadBalancer" => ServiceType::LoadBalancer,
        "ExternalName" => ServiceType::ExternalName,
        _ => bail!(
            "`--service-type-filter={text}` is not a type of Service; use ClusterIP, NodePort, \
             LoadBalancer or ExternalName"
        ),
    })
}

/// Returns what the transforms take; adds all that makes no sense, each with its flag, and leaves that out.
pub fn transform_options(args: &TransformArgs, wrong: &mut Complaints) -> TransformOptions {
    const TYPES: [&str; 2] = ["managed-record-types", "exclude-record-types"];
    let TransformArgs {
        default_targets,
        force_default_targets,
        target_net_filter,
        exclude_target_net,
        nat64_networks,
        min_ttl,
        prefer_alias,
        create_ptr,
        managed_record_types,
        exclude_record_types,
        priority_across_namespaces: _,
    } = args;
    let mut managed = managed_record_types.iter().filter(|record_type| !record_type.is_empty());
    if managed.clone().next().is_none() {
        wrong.rule(
            &TYPES[..1],
            "`--managed-record-types` names no type: say which, such as `A,AAAA,CNAME`, or leave it out",
        );
    } else if managed.all(|managed| exclude_record_types.contains(managed)) {
        wrong.rule(
            &TYPES,
            format!(
                "no type of record is left to manage: `--exclude-record-types` leaves out all of \
                 `--managed-record-types={}`",
                managed_record_types.join(",")
            ),
        );
    }
    let ptr_managed = managed_record_types.iter().any(|record_type| record_type == "PTR");
    if *create_ptr && !ptr_managed {
        wrong.rule(
            &["create-ptr", "managed-record-types"],
            "`--create-ptr` needs `--managed-record-types=PTR` (and the other types you manage)",
        );
    }
    let mut nets = |flag: &str, texts: &[String]| -> Vec<IpNet> {
        let net = |text: &String| {
            let net = text.trim().parse::<IpNet>().with_context(|| {
                format!("`--{flag}={text}` is not a network, such as `192.0.2.0/24`")
            });
            wrong.took(&[flag], net)
        };
        texts.iter().filter(|text| !text.is_empty()).filter_map(net).collect()
    };
    let target_nets = TargetNets {
        include: nets("target-net-filter", target_net_filter),
        exclude: nets("exclude-target-net", exclude_target_net),
    };
    let prefixes = nat64_networks.iter().filter_map(|text| {
        let prefix =
            transform::parse_prefix(text).with_context(|| format!("`--nat64-networks={text}`"));
        wrong.took(&["nat64-networks"], prefix)
    });
    let nat64_prefixes = prefixes.collect();
    let targets = default_targets.iter().filter(|target| !target.is_empty()).filter_map(|text| {
        let target = Target::validate(text).with_context(|| {
            format!("`--default-targets={text}` is neither an address nor a host name")
        });
        wrong.took(&["default-targets"], target)
    });
    let default_targets = targets.collect();
    TransformOptions {
        default_targets,
        force_default_targets: *force_default_targets,
        nat64_prefixes,
        target_nets,
        reverse: match (ptr_managed, create_ptr) {
            (false, _) => Reverse::Off,
            (true, false) => Reverse::OptIn,
            (true, true) => Reverse::All,
        },
        min_ttl: Ttl::from_seconds(i64::try_from(min_ttl.0.as_secs()).unwrap_or(i64::MAX)),
        prefer_alias: *prefer_alias,
        ..TransformOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_that_begins_no_key_is_refused_with_one_that_does() {
        for good in ["external-dns.kubernetes.io/", "x/", "1.example.com/"] {
            check_prefixes(&[good.to_owned()]).unwrap();
        }
        for (bad, next) in [
            ("", "`example.com/`"),
            ("/", "`example.com/`"),
            ("a b/", "`example.com/`"),
            ("x", "`x/`"),
            ("X/", "`x/`"),
            ("x//", "`x/`"),
            (" x.example.com", "`x.example.com/`"),
            ("x/y/", "`example.com/`"),
            ("-x/", "`example.com/`"),
            ("${PREFIX}/", "`example.com/`"),
        ] {
            let told = check_prefixes(&["x/".to_owned(), bad.to_owned()]).unwrap_err().to_string();
            assert!(told.contains("must end with a slash") && told.contains(next), "{told}");
        }
    }
}
