//! The built web UI as bytes, for the binary to carry. Knows nothing of HTTP and nothing of wasm.

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// A file of the UI, as it is and packed.
#[derive(Debug)]
pub struct File {
    /// Below the root of the UI: `index.html`, `assets/3f2a…/app.js`.
    pub path: &'static str,
    pub plain: &'static [u8],
    pub brotli: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
}

impl File {
    /// The media type that browsers need to hear; streaming compilation insists on that of wasm.
    pub fn media_type(&self) -> &'static str {
        match self.path.rsplit('.').next().unwrap_or_default() {
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "wasm" => "application/wasm",
            "svg" => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }

    /// Files below `assets/` have the hash of all of them in their path and never change.
    pub fn is_immutable(&self) -> bool {
        self.path.starts_with("assets/")
    }
}

/// The file at a path below the root.
pub fn find(path: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.path.cmp(path)).ok().map(|at| &FILES[at])
}

/// The page that all places of the UI begin with; none where the UI was not built.
pub fn index() -> Option<&'static File> {
    find("index.html")
}

/// What is there.
pub fn all() -> &'static [File] {
    FILES
}
