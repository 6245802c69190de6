//! The page that a person looks at, in a real browser: large, in an outage, with deletions that wait,
//! and with names that were chosen to do harm.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world should stop")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use e2e::World;
use e2e::browser::{Browser, Looks};
use e2e::faulty::{FaultMode, Faulty};
use e2e::manifest;
use e2e::outside;
use e2e::patience::eventually;
use e2e::programs::workspace;
use e2e::world::{Folder, Route53Webhook};
use external_dns_webhook::memory::MemoryZones;
use external_dns_webhook::{Endpoint, Zone, ZoneId};
use serde_json::Value;

/// A phone, a tablet and a screen, in CSS pixels.
const SIZES: [(u32, u32); 3] = [(360, 740), (768, 800), (1_280, 800)];

/// What the pages of an accessibility checker would say of a page: each rule that is broken, and where.
const BROKEN_RULES: &str = "axe.run(document).then(found => found.violations.map(rule => \
     rule.id + ': ' + rule.nodes.map(node => node.html.slice(0, 200)).join(' | ')))";

type Zoned = World<Folder, Faulty<MemoryZones>>;

/// Returns a running world with two zones, so many names in one of them, and a few in the other.
async fn world(names: usize) -> Zoned {
    let objects = Folder::new();
    write_objects(&objects, names);
    let zones = [zone("Z1", "example.com", false), zone("Z2", "example.net", true)];
    let zones = MemoryZones::new(zones);
    zones.hold([Endpoint { zone: Some(ZoneId::from("Z1")), ..manifest::foreign() }]);
    let provider = Faulty::zoned(zones).await.unwrap();
    let world = World::new(objects, provider).flags(&["--source=crd", "--interval=1s"]).started();
    world.until_ready_is(true).await;
    world
}

/// Returns a page, which must be a good answer.
async fn get(world: &Zoned, path: &str) -> String {
    let answer = world.controller().get(path).await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.text().await.unwrap()
}

/// Waits until a page has this text, and returns it.
async fn until(world: &Zoned, path: &str, text: &str) -> String {
    eventually(text, || get(world, path), |page| page.contains(text)).await
}

/// Looks at a page in every size, in light and dark colours, as a user who depends on it being
/// accessible would; with a `name`, the pictures are kept as documentation when those are taken anew.
fn look(world: &Zoned, path: &str, name: &str) {
    let Some(program) = outside::browser() else { return };
    let rules = outside::installed("SIGNPOST_AXE", "axe-core on the page");
    let rules = rules.map(|file| fs::read_to_string(file).unwrap());
    let mut browser = Browser::start(&program).unwrap();
    for (width, height) in SIZES {
        for is_dark in [false, true] {
            browser.look(Looks { width, height, is_dark }).unwrap();
            browser.open(&world.controller().url(path)).unwrap();
            let picture = browser.picture().unwrap();
            assert!(picture.len() > 1_000, "{path} at {width}: nothing is seen");
            if outside::blessing_pictures() && !name.is_empty() && is_dark == (name == "outage") {
                let file = pictures().join(format!("page-{name}-{width}.png"));
                fs::write(file, picture).unwrap();
            }
            let looks = format!("{path} at {width}, dark: {is_dark}");
            let wide = browser.evaluate("document.documentElement.scrollWidth").unwrap();
            assert!(wide.as_u64().unwrap() <= u64::from(width), "{looks}: {wide} wide");
            if let Some(rules) = &rules {
                browser.evaluate(rules).unwrap();
                let broken = browser.evaluate(BROKEN_RULES).unwrap();
                assert_eq!(broken, Value::Array(Vec::new()), "{looks}");
            }
            has_asked_nobody_else(world, &browser);
        }
    }
}

fn has_asked_nobody_else(world: &Zoned, browser: &Browser) {
    let own = |url: &&String| url.starts_with(&world.controller().admin);
    let others: Vec<_> = browser.requests().iter().filter(|url| !own(url)).collect();
    assert!(others.is_empty(), "asked of others: {others:?}");
    // Every browser asks for an icon, and there is none.
    let complaints: Vec<_> =
        browser.complaints().iter().filter(|text| !text.contains("404")).collect();
    assert!(complaints.is_empty(), "the browser complains: {complaints:?}");
}

fn pictures() -> PathBuf {
    let folder = workspace().join("docs/images");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn zone(id: &str, name: &str, private: bool) -> Zone {
    Zone { id: id.to_owned(), name: name.into(), private, unavailable: None }
}

/// Writes objects of at most 1,000 names each, and one whose values were chosen to do harm.
fn write_objects(objects: &Folder, names: usize) {
    let object = |namespace: &str, name: &str, endpoints: &str| {
        let head = "apiVersion: externaldns.k8s.io/v1alpha1\nkind: DNSEndpoint\n";
        let text = format!(
            "{head}metadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  endpoints:\n{endpoints}"
        );
        objects.write(&format!("{name}.yaml"), &text);
    };
    for (at, first) in (0..names).step_by(1_000).enumerate() {
        let mut endpoints = String::new();
        for number in first..names.min(first + 1_000) {
            writeln!(
                endpoints,
                "    - {{dnsName: n{number}.example.com, recordType: A, targets: [192.0.2.1]}}"
            )
            .unwrap();
        }
        object("team-a", &format!("many-{at}"), &endpoints);
    }
    let long = [&"l".repeat(63), &"o".repeat(63), &"n".repeat(63), "example.com"].join(".");
    let harm = format!(
        r#"    - {{dnsName: "<script>document.title='owned'</script>.example.com", recordType: A, targets: [192.0.2.1]}}
    - {{dnsName: text.example.com, recordType: TXT, targets: ["\"><img src=x onerror=document.title='owned'>\u202E"]}}
    - {{dnsName: "{long}", recordType: A, targets: [192.0.2.8]}}
    - {{dnsName: many.example.com, recordType: A, targets: [192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5]}}
    - {{dnsName: "\u202Egnp.example.com", recordType: A, targets: [192.0.2.1]}}
    - {{dnsName: foreign.example.com, recordType: A, targets: [192.0.2.7]}}
    - {{dnsName: www.example.org, recordType: A, targets: [192.0.2.7]}}
    - {{dnsName: intern.example.net, recordType: A, targets: [192.0.2.7]}}
"#
    );
    object("team-b", "harm", &harm);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_ten_thousand_records_in_pages_and_finds_one() {
    let world = world(10_000).await;
    let page = until(&world, "/?show=all", "of 1000").await;
    assert!(page.len() < 500_000, "a page is read on a phone: {} bytes", page.len());
    let found = get(&world, "/?q=n4711.example").await;
    assert!(found.contains("n4711.example.com") && found.contains("1–1 of 1"), "{found}");
    let next = get(&world, "/?show=all&offset=100").await;
    assert!(next.contains("101–200 of 1000"), "the second page");
    let detail = get(&world, "/record?name=n4711.example.com").await;
    for text in ["192.0.2.1", "dnsendpoint/team-a/many-4", "Writes, the latest first"] {
        assert!(detail.contains(text), "{text} in {detail}");
    }
    look(&world, "/?show=all", "records");
    look(&world, "/record?name=n4711.example.com", "record");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_written_into_a_name_or_a_value_is_run_by_the_browser() {
    let world = world(3).await;
    until(&world, "/?show=all", "foreign.example.com").await;
    let answer = world.controller().get("/").await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let paths = [
        "/?show=all",
        "/?q=%3Cscript%3E",
        "/?reason=%22%3E%3Cimg%20src%3Dx%3E&zone=%E2%80%AE&namespace=%22onfocus%3D%22x",
        "/record?name=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/record?name=text.example.com",
    ];
    for path in paths {
        let page = get(&world, path).await;
        for written in ["<script", "<img", "\u{202e}"] {
            assert!(!page.contains(written), "{written} in {path}");
        }
    }
    assert!(get(&world, "/?q=%3Cscript%3E").await.contains("&lt;script&gt;"), "shown as it is");
    let Some(program) = outside::browser() else { return };
    let mut browser = Browser::start(&program).unwrap();
    for path in paths {
        browser.open(&world.controller().url(path)).unwrap();
        let title = browser.evaluate("document.title").unwrap();
        assert!(title.as_str().unwrap().ends_with("Signpost"), "{path}: {title}");
        let strange = "[...document.querySelectorAll('*')].filter(element => \
             ['SCRIPT', 'IMG', 'IFRAME', 'OBJECT', 'STYLE'].includes(element.tagName) || \
             [...element.attributes].some(attribute => attribute.name.startsWith('on'))).length";
        assert_eq!(browser.evaluate(strange).unwrap(), 0, "{path}");
        has_asked_nobody_else(&world, &browser);
    }
    look(&world, "/?show=all", "");
    look(&world, "/record?name=text.example.com", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_filtered_without_javascript_and_looked_at_again_with_the_same_filters() {
    let world = world(30).await;
    until(&world, "/?show=all", "n17.example.com").await;
    let Some(program) = outside::browser() else { return };
    let mut browser = Browser::start(&program).unwrap();
    browser.without_scripts().unwrap();
    browser.open(&world.controller().url("/?show=all")).unwrap();
    assert!(browser.html().unwrap().contains("n3.example.com"));
    browser.send("input[name=q]", "n17.exam").unwrap();
    let found = browser.html().unwrap();
    assert!(found.contains("n17.example.com") && !found.contains("n3.example.com"), "{found}");
    assert!(found.contains("value=\"n17.exam\""), "what was typed stays");
    assert!(
        found.contains("href=\"/?q=n17.exam&amp;show=all\""),
        "and is looked for again: {found}"
    );
    browser.open(&world.controller().url("/?show=all&zone=Z2")).unwrap();
    let found = browser.html().unwrap();
    assert!(found.contains("intern.example.net") && !found.contains("n3.example.com"), "{found}");
    browser.open(&world.controller().url("/?reason=NoZone&namespace=team-b")).unwrap();
    let found = browser.html().unwrap();
    assert!(found.contains("www.example.org") && !found.contains("foreign.example.com"), "{found}");
    browser.open(&world.controller().url("/?reason=NoZone&namespace=team-a")).unwrap();
    let found = browser.html().unwrap();
    assert!(found.contains("Nothing is found"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_outage_the_page_says_why_and_keeps_what_was_known() {
    let world = world(20).await;
    until(&world, "/?q=n7.example", "1–1 of 1").await;
    world.provider.be(FaultMode::Status(503));
    let page = until(&world, "/?show=all", "Syncs have failed for").await;
    assert!(page.contains("status 503"), "the cause: {page}");
    assert!(page.contains("n7.example.com") && page.contains("192.0.2.1"), "what was known");
    look(&world, "/", "outage");
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_that_wait_are_shown_with_the_command_that_approves_them() {
    let world = world(400).await;
    until(&world, "/?q=n7.example", "1–1 of 1").await;
    world.objects.remove("many-0.yaml");
    let page = until(&world, "/", "400 deletions wait for a person").await;
    assert!(page.contains("signpost approve "), "{page}");
    look(&world, "/", "held");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_of_a_provider_has_a_page_that_loads_nothing_and_links_to_the_probes() {
    let Route53Webhook { sidecar, .. } = &Route53Webhook::start(&[], &[]).await;
    let page = || async { reqwest::get(&sidecar.admin).await.unwrap().text().await.unwrap() };
    let page = eventually("a provider that is ready", page, |page| page.contains("is ready")).await;
    assert!(page.contains("<h1>route53-webhook ") && page.contains("zone: "), "{page}");
    for path in ["/readyz?verbose", "/healthz", "/metrics"] {
        assert!(page.contains(&format!("href=\"{path}\"")), "{path} in {page}");
        let linked = reqwest::get(format!("{}{path}", sidecar.admin)).await.unwrap();
        assert!(linked.status().is_success(), "{path}");
    }
    let Some(program) = outside::browser() else { return };
    let mut browser = Browser::start(&program).unwrap();
    browser.look(Looks { width: 360, height: 740, is_dark: true }).unwrap();
    browser.open(&sidecar.admin).unwrap();
    if let Some(rules) = outside::installed("SIGNPOST_AXE", "axe-core on a provider's page") {
        browser.evaluate(&fs::read_to_string(rules).unwrap()).unwrap();
        assert_eq!(browser.evaluate(BROKEN_RULES).unwrap(), Value::Array(Vec::new()));
    }
    let own = |url: &&String| url.starts_with(&sidecar.admin);
    assert!(browser.requests().iter().all(|url| own(&url)), "{:?}", browser.requests());
}
