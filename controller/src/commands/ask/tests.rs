//! Answers of what is no controller, or a hostile one.

use std::sync::Arc;

use axum::Router;
use axum::extract::RawQuery;
use tokio::net::TcpListener;

use super::*;

/// Answers every request with what `body` makes of its query.
async fn at(body: impl Fn(&str) -> String + Send + Sync + 'static) -> ControllerArgs {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let controller = format!("http://{}", listener.local_addr().unwrap());
    let body = Arc::new(body);
    let router = Router::new()
        .fallback(move |RawQuery(query): RawQuery| async move { body(&query.unwrap_or_default()) });
    #[expect(clippy::disallowed_methods, reason = "the test's runtime ends it")]
    tokio::spawn(async move { axum::serve(listener, router).await });
    ControllerArgs {
        controller,
        controller_token_file: None,
        controller_ca_file: None,
        controller_cert_file: None,
        controller_key_file: None,
    }
}

async fn refusal(body: String) -> String {
    let at = at(move |_| body.clone()).await;
    let one = get(&at, "/v1/explain", &[]).await.unwrap_err();
    format!("{one:#}")
}

#[tokio::test]
async fn an_answer_has_a_bound_in_bytes_and_in_what_it_holds() {
    let row =
        "{\"name\":\"www.example.com\",\"type\":\"A\",\"why\":\"nothing at all is wrong here\"}";
    let long = format!("{{\"records\":[{}]}}", vec![row; MOST_BYTES / row.len()].join(","));
    for (body, what) in [
        (long, "more than 33554432 bytes"),
        (format!("\"{}\"", "x".repeat(MOST_BYTES)), "more than 33554432 bytes"),
        (format!("{{\"records\":[{}]}}", vec!["{}"; 5_000_000].join(",")), "holds"),
        (format!("[{}]", vec!["null"; 3_000_000].join(",")), "holds"),
        (format!("{{\"a\":[[{}]]}}", vec!["0"; 3_000_000].join(",")), "holds"),
    ] {
        let why = refusal(body).await;
        assert!(why.contains(what) && why.contains("check that `--controller`"), "{why}");
    }
    let many = format!("[{}]", vec!["null"; 1_000_000].join(","));
    let at = at(move |_| many.clone()).await;
    for why in [
        rows(&at, "/v1/records", &[]).await.unwrap_err(),
        post(&at, "/v1/sync", &Value::Null).await.unwrap_err(),
    ] {
        assert!(format!("{why:#}").contains("holds"), "{why:#}");
    }
    let broken = refusal("<html>".to_owned()).await;
    assert!(broken.starts_with("the controller's answer makes no sense: "), "{broken}");
}

#[tokio::test]
async fn a_page_has_the_rows_that_were_asked_for_and_a_list_an_end() {
    let many = at(|_| format!("{{\"records\":[{}]}}", vec!["{}"; PAGE + 1].join(","))).await;
    let why = rows(&many, "/v1/records", &[]).await.unwrap_err().to_string();
    assert!(why.contains("has 1001 rows, and 1000 were asked for"), "{why}");

    // Every page says that there is another one.
    let row = format!("{{\"x\":\"{}\"}}", "x".repeat(20 << 20));
    let endless = at(move |_| format!("{{\"records\":[{row}],\"nextOffset\":1}}")).await;
    let mut left = 50 << 20;
    let page = async |left: &mut usize| {
        let request = client(&endless).unwrap().get(endless.controller.as_str());
        answer(&endless, request, left).await
    };
    for _ in 0..2 {
        page(&mut left).await.unwrap();
    }
    let why = page(&mut left).await.unwrap_err().to_string();
    assert!(why.contains("is refused: it has more than"), "{why}");

    let full = vec!["0"; PAGE].join(",");
    for (records, next) in [(full.clone(), 1), (full.clone(), 0), ("0".to_owned(), 1)] {
        let page = format!("{{\"records\":[{records}],\"nextOffset\":{next}}}");
        let astray = at(move |_| page.clone()).await;
        let why = rows(&astray, "/v1/records", &[]).await.unwrap_err().to_string();
        assert!(why.contains("do not follow each other"), "{why}");
    }
    let endless = at(move |query| {
        let offset = query.split(['&', '?']).find_map(|part| part.strip_prefix("offset="));
        let next = offset.unwrap().parse::<usize>().unwrap() + PAGE;
        format!("{{\"records\":[{full}],\"nextOffset\":{next}}}")
    })
    .await;
    let why = rows(&endless, "/v1/records", &[]).await.unwrap_err().to_string();
    assert!(why.contains("have more than 1000000 rows"), "{why}");

    let none = at(|_| "{\"records\":{}}".to_owned()).await;
    let why = rows(&none, "/v1/records", &[]).await.unwrap_err().to_string();
    assert!(why.contains("no list `records`"), "{why}");
}

#[tokio::test]
async fn all_pages_of_a_list_are_its_rows() {
    let rows_of = |from: usize, to: usize| {
        let rows: Vec<_> =
            (from..to).map(|row| format!("{{\"name\":\"{row}.example.com\"}}")).collect();
        rows.join(",")
    };
    let at = at(move |query| {
        assert!(query.contains("limit=1000") && query.contains("problems=true"), "{query}");
        if query.contains("offset=0") {
            format!("{{\"total\":1500,\"records\":[{}],\"nextOffset\":1000}}", rows_of(0, 1_000))
        } else {
            assert!(query.contains("offset=1000"), "{query}");
            format!("{{\"records\":[{}]}}", rows_of(1_000, 1_500))
        }
    })
    .await;
    let (rows, first) = rows(&at, "/v1/records", &[("problems", "true")]).await.unwrap();
    assert_eq!(rows.len(), 1_500);
    assert_eq!(rows[1_499]["name"], "1499.example.com");
    assert_eq!(first["total"], 1_500);
}

#[tokio::test]
async fn what_is_said_of_a_controllers_url_lets_nobody_in() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let known = at(|_| "{".to_owned()).await.controller;
    let (_, known) = known.split_once("//").unwrap();
    for url in [
        format!("http://hunter2@{closed}"),
        format!("http://me:hunter2@{closed}"),
        format!("http://{closed}?token=hunter2"),
        format!("http://me:hunter2@{known}"),
        "http://hunter2@h:99999".to_owned(),
        "ftp://me:hunter2@h".to_owned(),
        "htp:me:hunter2@h".to_owned(),
        "me:hunter2@h".to_owned(),
        "unix:run/x?token=hunter2".to_owned(),
        "unix:///nowhere?token=hunter2".to_owned(),
        String::from("http://:1?token=hunter2"),
    ] {
        let at = ControllerArgs {
            controller: url.clone(),
            controller_token_file: None,
            controller_ca_file: None,
            controller_cert_file: None,
            controller_key_file: None,
        };
        let why = get(&at, "/v1/explain", &[("name", "a")]).await.unwrap_err();
        assert!(!format!("{why:#} {why:?}").contains("hunter2"), "{url}: {why:?}");
    }
}
