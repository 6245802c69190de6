//! Errors of the client of Kubernetes in sentences: what the API server said, or why it does not answer.

use std::error::Error;
use std::io;

use external_dns_webhook::client::{doubt_of, in_words, shown_url};

/// Why a request to the API server has no answer, in one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NoAnswer(String);

impl NoAnswer {
    /// Says why `server` did not answer; `proxy` is on the way to it.
    pub(crate) fn of(server: &str, proxy: Option<&str>, error: &(dyn Error + 'static)) -> Self {
        let causes: Vec<_> = causes(error).collect();
        let is_of_network = |cause: &&(dyn Error + 'static)| {
            cause.is::<io::Error>() || cause.is::<hyper_util::client::legacy::Error>()
        };
        let Some(root) = causes.last().filter(|_| causes.iter().any(is_of_network)) else {
            return Self(daemon::chain(error));
        };
        let kind = root.downcast_ref::<io::Error>().map(io::Error::kind);
        let why = match kind {
            Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
            Some(io::ErrorKind::ConnectionReset) => "connection reset".to_owned(),
            Some(io::ErrorKind::TimedOut) => "no answer in time".to_owned(),
            _ => in_words(&root.to_string()).to_owned(),
        };
        let failure = daemon::proxy_failure(error, &why);
        if let (Some(proxy), Some(failure)) = (proxy, failure) {
            let (server, proxy) = (bare(server), bare(proxy));
            return Self(format!(
                "the API server at {server} cannot be reached: the proxy {proxy} {failure}"
            ));
        }
        let through = proxy.map(|proxy| format!(" through the proxy {}", bare(proxy)));
        Self(format!(
            "the API server at {} cannot be reached{}: {why}{}",
            bare(server),
            through.unwrap_or_default(),
            doubt_of(&why).map(|doubt| format!("; {doubt}")).unwrap_or_default()
        ))
    }

    /// Says that an answer of this HTTP `status`, which begins with `start`, is none of `server`.
    pub(crate) fn foreign(server: &str, proxy: Option<&str>, status: u16, start: &str) -> Self {
        let begins = match start {
            "" => "it is empty".to_owned(),
            start => format!("it begins `{start}`"),
        };
        let proxy = proxy.map(bare);
        let who = daemon::written_on_the_way(status, "the API server", proxy.as_deref());
        Self(format!(
            "the API server at {} is not what answers: the answer has HTTP status {status} and is not one of \
             Kubernetes ({begins}); {who}",
            bare(server)
        ))
    }
}

/// Returns a URL as it may be shown.
fn bare(url: &str) -> String {
    shown_url(url).trim_end_matches('/').to_owned()
}

/// Returns an error of the client as one sentence.
pub(crate) fn told(error: &kube::Error) -> String {
    if let kube::Error::Api(status) = error {
        let message = if status.message.is_empty() { &status.reason } else { &status.message };
        return match status.code {
            401 => format!(
                "the API server refuses this account (401 Unauthorized): {message}; its token or \
                 certificate may have expired"
            ),
            _ => message.clone(),
        };
    }
    match causes(error).find_map(|cause| cause.downcast_ref::<NoAnswer>()) {
        Some(no_answer) => no_answer.to_string(),
        None => without_wrappers(error),
    }
}

/// Returns the causes of an error, each once, without the names of the client's own kinds of errors.
fn without_wrappers(error: &kube::Error) -> String {
    let text = |cause: &(dyn Error + 'static)| {
        let text = cause.to_string();
        let bare = text.trim_start_matches("ServiceError: ").trim_start_matches("HyperError: ");
        bare.to_owned()
    };
    let mut told = String::new();
    for cause in causes(error).map(text) {
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    #[test]
    fn a_refused_connection_is_told_with_the_address_and_without_the_client() {
        let root = io::Error::from(io::ErrorKind::ConnectionRefused);
        let service: Box<dyn Error + Send + Sync> =
            NoAnswer::of("https://10.0.0.1:6443/", None, &root).into();
        let said = told(&kube::Error::Service(service));
        let expected =
            "the API server at https://10.0.0.1:6443 cannot be reached: connection refused";
        assert_eq!(said, expected);
    }

    #[test]
    fn a_server_without_tls_and_a_host_that_there_is_not_are_told_in_words() {
        for (said, words) in [
            (
                "received corrupt message of type InvalidContentType",
                "it speaks no TLS there; is it `http://`?",
            ),
            (
                "failed to lookup address information: Name or service not known",
                "there is no host of that name; is the URL right?",
            ),
        ] {
            let told = NoAnswer::of("https://k8s:6443", None, &io::Error::other(said)).to_string();
            assert_eq!(
                told,
                format!("the API server at https://k8s:6443 cannot be reached: {words}")
            );
        }
    }

    #[test]
    fn a_proxy_on_the_way_is_named_without_its_user_and_password() {
        let root = io::Error::from(io::ErrorKind::ConnectionRefused);
        let proxy = Some("http://me:secret@proxy:3128/");
        let said = NoAnswer::of("https://10.0.0.1:6443/", proxy, &root).to_string();
        assert!(said.ends_with(
            " cannot be reached through the proxy http://…@proxy:3128: connection refused"
        ));
    }

    #[test]
    fn a_proxy_that_lets_nothing_through_is_told_as_the_cause() {
        #[derive(Debug, thiserror::Error)]
        #[error("tunnel error: proxy authorization required")]
        struct Tunnel;
        let root = io::Error::other(Tunnel);
        let proxy = Some("http://me:secret@proxy:3128/");
        let said = NoAnswer::of("https://10.0.0.1:6443/", proxy, &root).to_string();
        assert!(
            said.starts_with(
                "the API server at https://10.0.0.1:6443 cannot be reached: the proxy http://…@proxy:3128 wants a \
                 user and a password (407"
            ),
            "{said}"
        );
    }

    #[test]
    fn what_the_client_wraps_an_error_in_is_not_told_and_nothing_is_told_twice() {
        let service: Box<dyn Error + Send + Sync> = "no credentials in the kubeconfig".into();
        assert_eq!(told(&kube::Error::Service(service)), "no credentials in the kubeconfig");
        let wrapped: Box<dyn Error + Send + Sync> =
            Box::new(kube::Error::Service(io::Error::other("the plug-in failed").into()));
        assert_eq!(told(&kube::Error::Service(wrapped)), "the plug-in failed");
    }

    #[test]
    fn an_account_that_is_not_known_is_refused_and_not_unreachable() {
        let status = Status { code: 401, message: "Unauthorized".to_owned(), ..Status::default() };
        let said = told(&kube::Error::Api(status.into()));
        let start = "the API server refuses this account (401 Unauthorized)";
        assert!(said.starts_with(start) && !said.contains("Status {"), "{said}");
    }
}
