//! The browser: its window, storage and clipboard. What it refuses is left undone; a page works without.

use daymark_model::time::Nanos;
use daymark_viz::clock::Offset;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use crate::net::Question;

/// Loads everything anew.
pub(crate) fn reload() {
    drop(window().location().reload());
}

pub(crate) fn now() -> Nanos {
    Nanos((js_sys::Date::now() * 1e6) as i64)
}

/// Milliseconds since the page began.
pub(crate) fn uptime_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

pub(crate) fn stored(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

pub(crate) fn store(key: &str, value: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // A full or forbidden storage costs a preference, nothing else.
        drop(storage.set_item(key, value));
    }
}

pub(crate) fn copy(text: &str) {
    drop(window().navigator().clipboard().write_text(text));
}

/// How far the zone of the reader is from UTC at an instant.
pub(crate) fn local_offset(at: Nanos) -> Offset {
    let date = js_sys::Date::new(&JsValue::from_f64((at.0 / 1_000_000) as f64));
    Offset(-(date.get_timezone_offset() as i32))
}

/// How far a named zone is from UTC at an instant; none when the browser does not know it.
pub(crate) fn zone_offset(zone: &str, at: Nanos) -> Option<Offset> {
    let options = js_sys::Object::new();
    let set = |key: &str, value: &str| js_sys::Reflect::set(&options, &key.into(), &value.into()).ok();
    set("timeZone", zone)?;
    set("timeZoneName", "longOffset")?;
    let make = js_sys::Function::new_with_args(
        "o,ms",
        "try{return new Intl.DateTimeFormat('en',o).formatToParts(new Date(ms)).find(p=>p.type==='timeZoneName').value}catch{return ''}",
    );
    let ms = JsValue::from_f64((at.0 / 1_000_000) as f64);
    let name = make.call2(&JsValue::NULL, &options, &ms).ok()?.as_string()?;
    let text = name.strip_prefix("GMT")?;
    if text.is_empty() {
        return Some(Offset(0));
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    Some(Offset(sign * (hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?)))
}

pub(crate) fn local_zone() -> String {
    let options =
        js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new()).resolved_options();
    js_sys::Reflect::get(&options, &"timeZone".into())
        .ok()
        .and_then(|zone| zone.as_string())
        .unwrap_or_default()
}

/// Sets an attribute of the document itself, such as its theme.
pub(crate) fn set_root(key: &str, value: &str) {
    if let Some(root) = document().document_element() {
        drop(root.set_attribute(key, value));
    }
}

pub(crate) fn focus(selector: &str) -> bool {
    let found = document().query_selector(selector).ok().flatten();
    found.and_then(|found| found.dyn_into::<HtmlElement>().ok()).is_some_and(|found| found.focus().is_ok())
}

/// What stands in a field.
pub(crate) fn value_of(selector: &str) -> String {
    let found = document().query_selector(selector).ok().flatten();
    let field = found.and_then(|found| found.dyn_into::<web_sys::HtmlInputElement>().ok());
    field.map(|field| field.value()).unwrap_or_default()
}

/// Whether somebody is writing, so that letters are text and not commands.
pub(crate) fn is_writing() -> bool {
    document().active_element().is_some_and(|active| {
        let tag = active.tag_name();
        tag == "TEXTAREA"
            || tag == "SELECT"
            || active.has_attribute("contenteditable")
            || tag == "INPUT"
                && !matches!(active.get_attribute("type").as_deref(), Some("checkbox" | "radio" | "range"))
    })
}

/// Whether the page is as narrow as a phone: rows are cards there.
pub(crate) fn is_narrow() -> bool {
    width() < 640.0
}

/// Whether there is room for panels beside the page: elsewhere they lie over it.
pub(crate) fn is_wide() -> bool {
    width() >= 1_100.0
}

fn width() -> f64 {
    window().inner_width().ok().and_then(|wide| wide.as_f64()).unwrap_or(f64::MAX)
}

/// A resolved colour or size of the style sheet, for what is drawn on a canvas.
pub(crate) fn token(name: &str) -> String {
    let root = document().document_element();
    let styles = root.and_then(|root| window().get_computed_style(&root).ok().flatten());
    styles.and_then(|styles| styles.get_property_value(name).ok()).unwrap_or_default().trim().to_owned()
}

/// Whether an expression matches the whole of a text, as the browser reads it. One that is none matches nothing.
pub(crate) fn is_match(expression: &str, text: &str) -> bool {
    let made = js_sys::Reflect::get(&js_sys::global(), &"RegExp".into()).ok();
    let made = made.and_then(|made| made.dyn_into::<js_sys::Function>().ok()).and_then(|made| {
        let whole = js_sys::Array::of1(&format!("^(?:{expression})$").into());
        js_sys::Reflect::construct(&made, &whole).ok()
    });
    made.is_some_and(|made| made.unchecked_into::<js_sys::RegExp>().test(text))
}

/// Lets the reader save a text as a file.
pub(crate) fn save(name: &str, kind: &str, text: &str) {
    let parts = js_sys::Array::of1(&text.into());
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(kind);
    if let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) {
        save_blob(name, &blob);
    }
}

/// The same with what came from the server.
pub(crate) fn save_blob(name: &str, blob: &web_sys::Blob) {
    let Ok(url) = web_sys::Url::create_object_url_with_blob(blob) else { return };
    if let Ok(anchor) = document().create_element("a") {
        let anchor: web_sys::HtmlAnchorElement = anchor.unchecked_into();
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
    }
    drop(web_sys::Url::revoke_object_url(&url));
}

/// What fails here is told to the server, so that operators hear of it.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let message = info.to_string();
        web_sys_error(&message);
        let url = window().location().href().unwrap_or_default();
        let body = serde_json::json!({"build": env!("CARGO_PKG_VERSION"), "url": url, "message": message, "stack": ""});
        crate::net::tell(&Question::post("system/client-errors", &body));
    }));
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn web_sys_error(message: &str);
}
