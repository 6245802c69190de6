//! Manifests of objects that want names, and a record that nobody of ours owns.

use external_dns_webhook::{Endpoint, RecordType};
use serde_json::{Value, json};

/// The annotation with which an object wants a name.
pub const HOSTNAME: &str = "external-dns.kubernetes.io/hostname";

/// Returns a Service that wants `NAME.example.com` with an address, as YAML.
pub fn service_yaml(name: &str, address: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n  annotations:\n    \
         {HOSTNAME}: {name}.example.com\nspec: {{ type: LoadBalancer, ports: [{{ port: 80 }}] }}\n\
         status: {{ loadBalancer: {{ ingress: [{{ ip: {address} }}] }} }}\n"
    )
}

/// Returns the Service of that name, which wants `host` with the addresses that there are.
pub fn service<A: AsRef<str>>(name: &str, host: &str, addresses: &[A]) -> Value {
    let ingress: Vec<_> = addresses.iter().map(|ip| json!({ "ip": ip.as_ref() })).collect();
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": name, "annotations": { HOSTNAME: host } },
        "spec": { "type": "LoadBalancer", "ports": [{ "port": 80 }] },
        "status": { "loadBalancer": { "ingress": ingress } },
    })
}

/// Returns a `DNSEndpoint` that wants these record sets.
pub fn dns_endpoint(name: &str, endpoints: &[Value]) -> Value {
    json!({
        "apiVersion": "externaldns.k8s.io/v1alpha1",
        "kind": "DNSEndpoint",
        "metadata": { "name": name },
        "spec": { "endpoints": endpoints },
    })
}

/// Returns one record set of a `DNSEndpoint`.
pub fn endpoint(name: &str, record_type: &str, target: &str) -> Value {
    json!({ "dnsName": name, "recordType": record_type, "targets": [target] })
}

/// Returns the record of `foreign.example.com`, which was there before and has no owner.
pub fn foreign() -> Endpoint {
    Endpoint::new("foreign.example.com", RecordType::A, ["192.0.2.99"])
}
