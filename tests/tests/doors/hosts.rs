//! What a request calls the server, as HTTP/1.1 wants it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use super::{ANSWER, doors};

fn status(url: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(ANSWER)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_says_once_and_in_order_what_it_calls_the_server_on_every_port() {
    let world = &doors().await;
    let (sidecar, controller) = (&world.provider.sidecar, world.controller());
    for (url, path) in [
        (&sidecar.url, "/records"),
        (&sidecar.admin, "/healthz"),
        (&sidecar.admin, "/metrics"),
        (&sidecar.admin, "/"),
        (&controller.admin, "/livez"),
        (&controller.admin, "/v1/plan"),
        (&controller.admin, "/"),
    ] {
        let get = |version: &str, headers: &str| {
            status(url, &format!("GET {path} HTTP/{version}\r\nConnection: close\r\n{headers}\r\n"))
        };
        for headers in ["Host: localhost\r\n", "host:127.0.0.1:8888\r\n", "HOST: [::1]:80 \r\n"] {
            assert_eq!(get("1.1", headers), "200", "{path}: {headers}");
        }
        for headers in [
            "",
            "Host:\r\n",
            "Host: \r\n",
            "Host: localhost\r\nHost: localhost\r\n",
            "Host: localhost\r\nHost:\r\n",
            "Host: localhost, 127.0.0.1\r\n",
            "Host: http://localhost\r\n",
            "Host: user@localhost\r\n",
            "Host: localhost:http\r\n",
            "Host: local host\r\n",
            "Host: ::1\r\n",
            "Host: m\u{fc}nchen\r\n",
        ] {
            assert_eq!(get("1.1", headers), "400", "{path}: {headers}");
        }
        // Who asks so may be behind a proxy, and is told what strangers are.
        let is_for_strangers = url == &sidecar.url || url == &sidecar.admin || path == "/livez";
        assert_eq!(get("1.0", "") == "200", is_for_strangers, "{path}");
        assert_eq!(get("1.0", "Host: \r\n"), "400", "{path}");
        let absolute = format!("GET http://localhost{path} HTTP/1.1\r\nConnection: close\r\n\r\n");
        assert_eq!(status(url, &absolute), "400", "{path}: it has no `Host` all the same");
    }
}
