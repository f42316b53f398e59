//! Chromium without a window, driven by its own driver; each [`Window`] has cookies of its own.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel};

use crate::support::gateway::{Gateway, PASSWORD, USER};
use crate::support::process::Process;
use crate::support::{PATIENCE, eventually, find};

/// What keeps Chromium to this machine, and lets it run as root.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--force-color-profile=srgb",
    "--window-size=1280,900",
];

/// A tab, and what it talks to.
pub struct Window {
    pub tab: WebDriver,
    base: String,
}

/// The driver with its profiles; ends with its value.
pub struct Chromium {
    _process: Process,
    profiles: TempDir,
    driver: String,
}

/// What the driver says when it listens, with its port at the end, and when another process took that first.
const STARTED: &str = "started successfully on port ";
const TAKEN: &str = "port not available";

impl Chromium {
    pub fn start() -> Self {
        let profiles = TempDir::new().unwrap();
        let (process, driver) = eventually("chromedriver has a port", || {
            let mut command = Command::new(find("chromedriver").unwrap());
            command.arg("--port=0").env("TMPDIR", profiles.path());
            let process = Process::start("chromedriver", &mut command);
            let said = || {
                let log = process.log();
                let said = log
                    .lines()
                    .find(|line| line.contains(STARTED) || line.contains(TAKEN));
                said.map(str::to_owned)
            };
            let said = eventually("chromedriver says its port", said);
            let (_, port) = said.split_once(STARTED)?;
            let driver = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
            Some((process, driver))
        });
        Self {
            _process: process,
            profiles,
            driver,
        }
    }

    /// Runs `work` in a window of its own. It is closed even where `work` panics; what the browser complained of
    /// meanwhile, such as a violation of the content security policy, is a failure.
    pub async fn window<F: Future<Output = ()>>(
        &self,
        gateway: &Gateway,
        work: impl FnOnce(Window) -> F,
    ) {
        let window = self.open(gateway).await;
        let tab = window.tab.clone();
        let done = AssertUnwindSafe(work(window)).catch_unwind().await;
        let log = tab.browser_log().await;
        tab.quit().await.unwrap();
        if let Err(panic) = done {
            std::panic::resume_unwind(panic);
        }
        // An answer that refuses a form, and a gateway that is stopped, are what a test is about.
        let wanted = ["responded with a status of 4", "net::ERR_"];
        let complaints: Vec<_> = log
            .unwrap()
            .into_iter()
            .filter(|one| !wanted.iter().any(|part| one.message.contains(part)))
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    async fn open(&self, gateway: &Gateway) -> Window {
        let mut wanted = DesiredCapabilities::chrome();
        for argument in ARGUMENTS {
            wanted.add_arg(argument).unwrap();
        }
        let profile = TempDir::new_in(self.profiles.path()).unwrap().keep();
        wanted
            .add_arg(&format!("--user-data-dir={}", profile.display()))
            .unwrap();
        wanted
            .set_browser_log_level(LoggingPrefsLogLevel::All)
            .unwrap();
        Window {
            tab: WebDriver::new(&self.driver, wanted).await.unwrap(),
            base: format!("http://{}", gateway.address),
        }
    }
}

impl Window {
    pub async fn go(&self, path: &str) {
        self.tab.goto(format!("{}{path}", self.base)).await.unwrap();
    }

    /// Logs in as the account of the configuration.
    pub async fn log_in(&self) {
        self.go("/").await;
        self.fill("input[name=user]", USER).await;
        self.fill("input[name=password]", PASSWORD).await;
        self.click("main button[type=submit]").await;
        self.until("Dashboard").await;
    }

    /// Waits for an element.
    pub async fn element(&self, css: &str) -> WebElement {
        let start = Instant::now();
        loop {
            match self.tab.find(By::Css(css)).await {
                Ok(element) => return element,
                Err(_) if start.elapsed() < PATIENCE => pause().await,
                Err(error) => panic!("no {css} on this page ({error}):\n{}", self.text().await),
            }
        }
    }

    pub async fn has(&self, css: &str) -> bool {
        self.tab.find(By::Css(css)).await.is_ok()
    }

    pub async fn click(&self, css: &str) {
        self.element(css).await.click().await.unwrap();
    }

    /// Follows the link with this text.
    pub async fn follow(&self, text: &str) {
        let link = self.tab.find(By::LinkText(text)).await;
        let link = match link {
            Ok(link) => link,
            Err(error) => panic!("no link {text:?} ({error}) on:\n{}", self.text().await),
        };
        link.click().await.unwrap();
    }

    /// Presses the button with this text.
    pub async fn press(&self, text: &str) {
        let button = format!("//button[normalize-space()='{text}']");
        match self.tab.find(By::XPath(&button)).await {
            Ok(button) => button.click().await.unwrap(),
            Err(error) => panic!("no button {text:?} ({error}) on:\n{}", self.text().await),
        }
    }

    /// Types `text` in place of what stands there.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.element(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// What a reader sees.
    pub async fn text(&self) -> String {
        match self.tab.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits until a reader sees `wanted`.
    pub async fn until(&self, wanted: &str) {
        self.until_at("body", wanted).await;
    }

    /// Waits until `wanted` stands in an element.
    pub async fn until_at(&self, css: &str, wanted: &str) {
        let start = Instant::now();
        loop {
            if let Ok(element) = self.tab.find(By::Css(css)).await
                && element.text().await.unwrap_or_default().contains(wanted)
            {
                return;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "waited in vain for {wanted:?} in {css} of:\n{}",
                self.text().await
            );
            pause().await;
        }
    }

    /// Waits until the page itself says that it is `state`: open, paused, lost.
    pub async fn until_live(&self, state: &str) {
        self.element(&format!("html[data-live={state}]")).await;
    }

    /// What a script says.
    pub async fn script(&self, script: &str) -> Value {
        let said = self.tab.execute(script, Vec::new()).await.unwrap();
        said.json().clone()
    }

    async fn emulate(&self, method: &str, how: Value) {
        self.tab.cdp().send_raw(method, how).await.unwrap();
    }

    /// 1280 or 390 pixels: a desk or a phone.
    pub async fn width(&self, width: u32) {
        let height = if width < 500 { 844 } else { 900 };
        let how = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500
        });
        self.emulate("Emulation.setDeviceMetricsOverride", how)
            .await;
    }

    /// Light or dark, as the reader prefers.
    pub async fn colours(&self, scheme: &str) {
        let how = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.emulate("Emulation.setEmulatedMedia", how).await;
    }

    pub async fn without_scripts(&self) {
        let how = json!({"value": true});
        self.emulate("Emulation.setScriptExecutionDisabled", how)
            .await;
    }

    /// The page as a picture, down to where nobody scrolls.
    pub async fn picture(&self) -> Vec<u8> {
        use base64::Engine as _;
        let size =
            "const all = document.documentElement; return [all.scrollWidth, all.scrollHeight]";
        let size = self.script(size).await;
        let height = size[1].as_u64().unwrap().min(1_600);
        let how = json!({
            "format": "webp", "quality": 80, "captureBeyondViewport": true,
            "clip": {"x": 0, "y": 0, "width": size[0], "height": height, "scale": 1}
        });
        let cdp = self.tab.cdp();
        let shot = cdp.send_raw("Page.captureScreenshot", how).await.unwrap();
        let data = shot["data"].as_str().unwrap();
        base64::engine::general_purpose::STANDARD
            .decode(data)
            .unwrap()
    }

    /// What axe-core finds, each as a line.
    pub async fn violations(&self) -> Vec<String> {
        self.tab.execute(AXE.clone(), Vec::new()).await.unwrap();
        let run = "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(found => \
                   done(found.violations.map(one => one.id + ': ' + one.nodes.map(node => node.target + ' ' \
                   + node.failureSummary).join(' | '))), error => done(['axe failed: ' + error]));";
        let found = self.tab.execute_async(run, Vec::new()).await.unwrap();
        serde_json::from_value(found.json().clone()).unwrap()
    }
}

/// axe-core, as `tests/axe` installs it.
static AXE: LazyLock<String> = LazyLock::new(|| {
    let script = find("axe.min.js").unwrap();
    std::fs::read_to_string(script).unwrap()
});

async fn pause() {
    tokio::time::sleep(Duration::from_millis(30)).await;
}
