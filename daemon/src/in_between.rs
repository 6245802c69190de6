//! What to do about an answer that was written on the way to a service, by a proxy or a gateway, and not by the service.

/// Returns who most likely wrote an answer of this HTTP `status` in place of `service`, and the next step.
///
/// `proxy` is the one that requests go through, as it may be shown; `None` when none is known of.
pub fn written_on_the_way(status: u16, service: &str, proxy: Option<&str>) -> String {
    let writer = match proxy {
        Some(proxy) => {
            format!("the proxy {proxy}, or something behind it, has most likely written it")
        }
        None => "a proxy or gateway of the network has most likely written it".to_owned(),
    };
    let step = match (status, proxy) {
        (407, Some(_)) => "give it a user and a password in the URL of the proxy".to_owned(),
        (407, None) => "name it in HTTPS_PROXY, with a user and a password".to_owned(),
        (413, _) => "ask who runs it to let larger requests through".to_owned(),
        (502..=504, _) => format!("ask who runs it why it does not reach {service}"),
        _ => format!("ask who runs it to let requests to {service} through"),
    };
    let around = match proxy {
        Some(_) => "; where there is a way without it, name the host in NO_PROXY",
        None if status == 407 => "",
        None => "; where the network wants a proxy, name that in HTTPS_PROXY",
    };
    format!("{writer}: {step}{around}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wrote_an_answer_on_the_way_is_told_with_what_to_ask_for() {
        let proxy = Some("http://…@proxy:3128");
        for (status, proxy, start, step) in [
            (
                403,
                proxy,
                "the proxy http://…@proxy:3128, or",
                "to let requests to AWS through; where",
            ),
            (
                302,
                None,
                "a proxy or gateway",
                "through; where the network wants a proxy, name that in HTTPS_PROXY",
            ),
            (407, proxy, "the proxy", "a password in the URL of the proxy; where there is a way"),
            (407, None, "a proxy or gateway", "name it in HTTPS_PROXY, with a user and a password"),
            (413, None, "a proxy", "larger requests"),
            (
                502,
                proxy,
                "the proxy",
                "why it does not reach AWS; where there is a way without it, name the host in NO_PROXY",
            ),
            (504, None, "a proxy", "why it does not reach AWS"),
        ] {
            let told = written_on_the_way(status, "AWS", proxy);
            assert!(told.starts_with(start) && told.contains(step), "{status}: {told}");
        }
    }
}
