//! Approvals of held deletions that come by a request.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use controller_core::plan::PlanHash;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::json::VisibleJson;
use super::{Admin, Who, problem, shown};
use crate::leader::{Fence, pod_of};

/// Which deletions may go.
#[derive(Debug, Deserialize)]
pub(super) struct Approved {
    hash: String,
}

/// Lets deletions go that are held, if this replica holds them.
pub(super) async fn approve(
    State(admin): State<Admin>,
    Extension(who): Extension<Who>,
    approved: Result<Json<Approved>, JsonRejection>,
) -> Response {
    let approved = match approved {
        Ok(Json(approved)) => approved,
        Err(rejection) => {
            let why = "say which deletions may go as JSON, `{\"hash\": \"…\"}`, with `Content-Type: \
                       application/json`; `signpost status` shows the hash";
            return problem(rejection.status(), why);
        }
    };
    let hash: PlanHash = match approved.hash.parse() {
        Ok(hash) => hash,
        Err(error) => return problem(StatusCode::BAD_REQUEST, &format!("{error}")),
    };
    let shown = hash.to_string();
    let by = who.to_string();
    let outcome = match not_leading(&admin.fence, BY_ANNOTATION, Instant::now()) {
        Some(why) => Err(why),
        None => admin.requests.approve(&hash, &by).map_err(|error| error.to_string()),
    };
    match outcome {
        Ok(_) => {
            tracing::info!(hash = shown, by, "Held deletions are approved");
            (StatusCode::ACCEPTED, VisibleJson(json!({ "approved": true }))).into_response()
        }
        Err(why) => {
            tracing::warn!(hash = shown, by, error = why, "Approving deletions is refused");
            problem(StatusCode::CONFLICT, &why)
        }
    }
}

/// The other way to approve.
const BY_ANNOTATION: &str =
    ", or by the annotation on the ConfigMap with the state, which the leader takes";

/// Returns why this replica cannot do what it is asked for; `None` when it leads. `or` is another way.
///
/// What it once held is the leader's to judge now, and would be deleted by an old word if this
/// replica ever led again.
pub(super) fn not_leading(fence: &Fence, or: &str, now: Instant) -> Option<String> {
    let why = fence.check(now).err()?;
    let holder = fence.leadership().map(|leadership| leadership.holder).unwrap_or_default();
    Some(match holder.as_str() {
        "" => format!("{why}, and nobody is known to lead: try again in a moment"),
        holder => {
            let ask = match pod_of(holder) {
                Some(pod) => format!(": `kubectl port-forward pod/{pod} 7979`"),
                None => String::new(),
            };
            let holder = shown(&daemon::shortened(holder));
            format!("{why}: `{holder}` leads. Ask there{ask}{or}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_replica_that_stands_by_says_who_leads() {
        assert_eq!(not_leading(&Fence::open(), BY_ANNOTATION, Instant::now()), None);
        let why =
            |holder| not_leading(&Fence::led_by(holder), BY_ANNOTATION, Instant::now()).unwrap();
        let by = why("signpost-7c9_0123456789abcdef");
        assert!(by.contains("`signpost-7c9_0123456789abcdef` leads"), "{by}");
        assert!(by.contains("port-forward pod/signpost-7c9 7979"), "{by}");
        assert!(why("").contains("nobody is known to lead"));
        for holder in [
            "x; rm -rf ~",
            "$(id)_1",
            "-n_1",
            "a`id`b",
            "pod --namespace=other",
            "a\nb_2",
            "\u{202e}a",
            "../secrets/a",
            "Pod",
        ] {
            let said = why(holder);
            assert!(!said.contains("kubectl") && said.contains("leads. Ask there"), "{said}");
            assert!(!said.contains(['\n', '\u{202e}']), "{said}");
        }
    }
}
