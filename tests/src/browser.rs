//! Chromium beside a test: pages are opened, typed into, photographed and read as a person's.
//!
//! It is told what to do by the [DevTools protocol], over a pipe: one JSON object after the other,
//! each ended by a zero byte.
//!
//! [DevTools protocol]: https://chromedevtools.github.io/devtools-protocol/

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

/// How long the browser may take for one thing, on a busy machine.
const DEADLINE: Duration = Duration::from_mins(1);

/// Chromium reads from descriptor 3 and writes to descriptor 4, and a process is given 0 to 2.
const WITH_PIPES: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#;

/// A browser with one page; dropping it ends it.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    orders: ChildStdin,
    answers: Receiver<Value>,
    session: String,
    last_id: u64,
    /// Addresses that the page asked for since it was opened.
    requests: Vec<String>,
    /// What the browser refused to do or complained about since the page was opened.
    complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

/// How large a page is shown, and in which colours.
#[derive(Clone, Copy, Debug)]
pub struct Looks {
    /// In CSS pixels.
    pub width: u32,
    /// In CSS pixels.
    pub height: u32,
    /// Whether the person prefers dark colours.
    pub is_dark: bool,
}

impl Browser {
    /// Starts `program` with an empty page.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start(program: &Path) -> anyhow::Result<Self> {
        let profile = tempfile::tempdir()?;
        let mut child = Command::new("sh")
            .args(["-c", WITH_PIPES])
            .arg(program)
            // As root, and in containers with little shared memory, it would not start.
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("failed to start `{}`", program.display()))?;
        let orders = child.stdin.take().context("no standard input")?;
        let said = child.stdout.take().context("no standard output")?;
        let mut browser = Self {
            child,
            orders,
            answers: answers(said),
            session: String::new(),
            last_id: 0,
            requests: Vec::new(),
            complaints: Vec::new(),
            _profile: profile,
        };
        let target = browser.order("Target.createTarget", &json!({ "url": "about:blank" }))?;
        let target = text(&target, "/targetId").to_owned();
        let attach = json!({ "targetId": target, "flatten": true });
        let session = browser.order("Target.attachToTarget", &attach)?;
        text(&session, "/sessionId").clone_into(&mut browser.session);
        for domain in ["Page", "Network", "Log", "DOM", "Runtime"] {
            browser.order(&format!("{domain}.enable"), &json!({}))?;
        }
        Ok(browser)
    }

    /// Sets how large pages are shown, and in which colours.
    ///
    /// # Errors
    ///
    /// When the browser is gone.
    pub fn look(&mut self, looks: Looks) -> anyhow::Result<()> {
        let Looks { width, height, is_dark } = looks;
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.order("Emulation.setDeviceMetricsOverride", &metrics)?;
        let scheme = if is_dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.order("Emulation.setEmulatedMedia", &media).map(drop)
    }

    /// Turns JavaScript off for all that is opened from now on.
    ///
    /// # Errors
    ///
    /// When the browser is gone.
    pub fn without_scripts(&mut self) -> anyhow::Result<()> {
        self.order("Emulation.setScriptExecutionDisabled", &json!({ "value": true })).map(drop)
    }

    /// Opens a page and waits until all of it is there.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub fn open(&mut self, url: &str) -> anyhow::Result<()> {
        self.requests.clear();
        self.complaints.clear();
        let opened = self.order("Page.navigate", &json!({ "url": url }))?;
        if let Some(error) = opened.get("errorText").and_then(Value::as_str) {
            bail!("{url}: {error}");
        }
        self.wait_for_page()
    }

    /// Types into the field that `selector` finds, and sends its form with the Enter key.
    ///
    /// # Errors
    ///
    /// When there is no such field, or no page follows.
    pub fn send(&mut self, selector: &str, typed: &str) -> anyhow::Result<()> {
        let document = self.order("DOM.getDocument", &json!({}))?;
        let root = document.get("root").and_then(|root| root.get("nodeId"));
        let query = json!({ "nodeId": root, "selector": selector });
        let found = self.order("DOM.querySelector", &query)?;
        let node = found.get("nodeId").cloned().unwrap_or_default();
        self.order("DOM.focus", &json!({ "nodeId": node }))
            .with_context(|| format!("nothing can be typed into `{selector}`"))?;
        self.order("Input.insertText", &json!({ "text": typed }))?;
        for kind in ["keyDown", "keyUp"] {
            let key = json!({
                "type": kind, "key": "Enter", "code": "Enter", "text": "\r",
                "windowsVirtualKeyCode": 13,
            });
            self.order("Input.dispatchKeyEvent", &key)?;
        }
        self.wait_for_page()
    }

    /// Returns the page as the browser has it now, as HTML.
    ///
    /// # Errors
    ///
    /// When the browser is gone.
    pub fn html(&mut self) -> anyhow::Result<String> {
        let document = self.order("DOM.getDocument", &json!({}))?;
        let root = document.get("root").and_then(|root| root.get("nodeId"));
        let html = self.order("DOM.getOuterHTML", &json!({ "nodeId": root }))?;
        Ok(text(&html, "/outerHTML").to_owned())
    }

    /// Returns what an expression gives in the page; a promise is waited for.
    ///
    /// The page's own policy does not bind it.
    ///
    /// # Errors
    ///
    /// When it throws.
    pub fn evaluate(&mut self, expression: &str) -> anyhow::Result<Value> {
        let wanted =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let done = self.order("Runtime.evaluate", &wanted)?;
        if let Some(thrown) = done.get("exceptionDetails") {
            bail!("the page threw: {thrown}");
        }
        Ok(done.pointer("/result/value").cloned().unwrap_or_default())
    }

    /// Returns a PNG of what is seen of the page.
    ///
    /// # Errors
    ///
    /// When none can be taken.
    pub fn picture(&mut self) -> anyhow::Result<Vec<u8>> {
        let taken = self.order("Page.captureScreenshot", &json!({ "format": "png" }))?;
        Ok(BASE64.decode(text(&taken, "/data"))?)
    }

    /// Returns the addresses that the page asked for since it was opened.
    pub fn requests(&self) -> &[String] {
        &self.requests
    }

    /// Returns what the browser refused to do or complained about since the page was opened.
    pub fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// Has something done and waits for the answer.
    fn order(&mut self, method: &str, parameters: &Value) -> anyhow::Result<Value> {
        self.last_id += 1;
        let mut order = json!({ "id": self.last_id, "method": method, "params": parameters });
        if !self.session.is_empty()
            && !method.starts_with("Target.")
            && let Some(order) = order.as_object_mut()
        {
            order.insert("sessionId".to_owned(), json!(self.session));
        }
        let mut bytes = serde_json::to_vec(&order)?;
        bytes.push(0);
        self.orders.write_all(&bytes).with_context(|| format!("{method}: the browser is gone"))?;
        loop {
            let said = self.next().with_context(|| format!("{method}: no answer"))?;
            if said.get("id").and_then(Value::as_u64) != Some(self.last_id) {
                continue;
            }
            if let Some(error) = said.get("error") {
                bail!("{method}: {error}");
            }
            return Ok(said.get("result").cloned().unwrap_or_default());
        }
    }

    fn wait_for_page(&mut self) -> anyhow::Result<()> {
        loop {
            let said = self.next().context("the page does not come")?;
            if text(&said, "/method") == "Page.loadEventFired" {
                return Ok(());
            }
        }
    }

    /// Returns the next thing that the browser says, and remembers what it tells of the page.
    fn next(&mut self) -> anyhow::Result<Value> {
        let said = self.answers.recv_timeout(DEADLINE)?;
        match text(&said, "/method") {
            "Network.requestWillBeSent" => {
                self.requests.push(text(&said, "/params/request/url").to_owned());
            }
            "Log.entryAdded" => {
                self.complaints.push(text(&said, "/params/entry/text").to_owned());
            }
            "Runtime.exceptionThrown" => self.complaints.push(said.to_string()),
            _ => {}
        }
        Ok(said)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already, which is what is wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Reads what the browser says.
fn answers(said: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for message in BufReader::new(said).split(0).map_while(Result::ok) {
            let Ok(message) = serde_json::from_slice(&message) else { continue };
            if sender.send(message).is_err() {
                break;
            }
        }
    });
    receiver
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
