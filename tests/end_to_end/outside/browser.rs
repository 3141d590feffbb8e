//! The web UI in a browser: every page without an error, accessible, in both languages and themes, on a phone,
//! and what people do on them. What is checked stands in `tests/browser/look.js`.

use std::path::Path;
use std::process::Command;

use super::{install_node, installed, run, skip, sources};
use crate::server::Server;

/// Where Debian puts it.
const CHROMIUM: &str = "/usr/bin/chromium";

/// What is looked at, and what is sent to be looked at.
const SCRIPTS: [&str; 9] = [
    "look.js",
    "visitor.js",
    "server.js",
    "feed.js",
    "pages.js",
    "tasks.js",
    "alerts.js",
    "traces.js",
    "troubles.js",
];

#[test]
fn people_see_what_they_should() {
    let server = Server::start();
    let place = installed("browser");
    let ready = chromium().and_then(|()| install_node(&sources("browser"), &place, &SCRIPTS));
    if let Err(needs) = ready {
        return skip(&needs);
    }
    if !is_built(&server) {
        return skip("the UI, built by `cargo xtask build-ui` before the binary");
    }
    let looked =
        Command::new("node").arg(place.join("look.js")).args([&server.api, &server.otlp, CHROMIUM]).output();
    let looked = looked.unwrap();
    let told =
        String::from_utf8_lossy(&looked.stdout).into_owned() + &String::from_utf8_lossy(&looked.stderr);
    assert!(looked.status.success(), "{told}");
}

/// Debian's Chromium and the faces that the pages name; installed where this may be.
fn chromium() -> Result<(), String> {
    if Path::new(CHROMIUM).exists() {
        return Ok(());
    }
    let packages = ["chromium", "fonts-inter", "fonts-noto-cjk"];
    let install = ["install", "--yes", "--no-install-recommends"];
    drop(run(Command::new("apt-get").arg("update")));
    run(Command::new("apt-get").args(install).args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
        .map(drop)
        .map_err(|told| format!("Chromium (apt-get install {}): {told}", packages.join(" ")))
}

/// Whether the binary carries the UI.
fn is_built(server: &Server) -> bool {
    let page = Command::new("curl").args(["-s", "-H", "Accept: text/html"]).arg(&server.api).output();
    page.is_ok_and(|page| String::from_utf8_lossy(&page.stdout).contains("<base href="))
}
