//! The web UI: everything that runs in the browser.
//!
//! `shell` is the frame of every page and owns the address, the clock and the keys; `parts` are what pages
//! are made of; `pages` has a file for each place in the navigation. Whatever branches without a browser lives
//! in `daymark-viz` or `daymark-view` and is tested natively. For other targets this package is empty.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::needless_pass_by_value, reason = "components own what they are given")]
#![expect(unreachable_pub, reason = "the macro of components makes their properties public")]

/// Where we are, and going elsewhere.
mod address_bar;
/// What comes later than its page.
mod life;
/// Questions to the server whose answers pages show.
mod load;
/// Requests and streams.
mod net;
/// Lists that are read page by page.
mod paged;
mod pages;
mod parts;
mod shell;
/// Streams of events that stay open while somebody looks.
mod streamed;
/// The browser: its window, storage, clipboard.
mod window;
/// Texts in the language of the reader.
mod words;

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page once the module is there.
#[wasm_bindgen(start)]
pub fn start() {
    window::report_panics();
    leptos::mount::mount_to_body(shell::Frame);
}
