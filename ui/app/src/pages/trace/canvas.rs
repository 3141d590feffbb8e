//! A canvas that is drawn once a frame, whatever changed since the last.

use daymark_trace_model::bars::{OTHER, Shapes};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::life::Life;
use crate::shell::Shell;

#[wasm_bindgen(module = "/js/draw.js")]
extern "C" {
    fn draw(
        canvas: &web_sys::HtmlCanvasElement,
        width: f64,
        height: f64,
        names: &str,
        shapes: &[f32],
        labels: &str,
    );
}

/// By number: the twelve of services, then those of `bars`, then texts.
const COLOURS: &str = "--svc-1 --svc-2 --svc-3 --svc-4 --svc-5 --svc-6 --svc-7 --svc-8 --svc-9 --svc-10 --svc-11 --svc-12 \
    --ctl --ink --crit --accent --text --text2 --hair --ok";

pub(super) const TEXT: u8 = OTHER + 4;
pub(super) const QUIET: u8 = OTHER + 5;
pub(super) const HAIR: u8 = OTHER + 6;

/// Texts of a canvas.
#[derive(Default)]
pub(super) struct Labels(String);

impl Labels {
    /// Right of `x` where there is room, else left of `left`.
    pub(super) fn beside(&mut self, x: f64, y: f64, left: f64, colour: u8, is_strong: bool, text: &str) {
        self.add([x, y, left, 0.0], colour, is_strong, text);
    }

    /// Cut at `room`.
    pub(super) fn inside(&mut self, x: f64, y: f64, room: f64, is_strong: bool, text: &str) {
        self.add([x, y, 0.0, room], TEXT, is_strong, text);
    }

    fn add(&mut self, [x, y, left, room]: [f64; 4], colour: u8, is_strong: bool, text: &str) {
        let text = text.replace(['\n', '\t'], " ");
        let weight = if is_strong { 600 } else { 400 };
        let gap = if self.0.is_empty() { "" } else { "\n" };
        self.0.push_str(&format!("{gap}{x:.1}\t{y:.1}\t{left:.1}\t{colour}\t{weight}\t{room:.1}\t{text}"));
    }
}

/// What is drawn on a canvas of a size.
pub(super) struct Painting {
    pub(super) wide: f64,
    pub(super) high: f64,
    pub(super) shapes: Shapes,
    pub(super) labels: Labels,
}

/// Draws again, at the next frame, when anything changes that `paint` or `watch` reads.
pub(super) fn drawn(
    canvas: NodeRef<html::Canvas>,
    watch: impl Fn() + 'static,
    paint: impl Fn() -> Painting + Copy + 'static,
) {
    let shell = Shell::here();
    let theme = shell.address.param("theme");
    let life = Life::here();
    let is_asked = StoredValue::new(false);
    Effect::new(move |_| {
        watch();
        theme.track();
        if canvas.get().is_none() || is_asked.get_value() {
            return;
        }
        is_asked.set_value(true);
        life.next_frame(move || {
            is_asked.set_value(false);
            if let Some(canvas) = canvas.get_untracked() {
                let painting = untrack(paint);
                draw(&canvas, painting.wide, painting.high, COLOURS, &painting.shapes.0, &painting.labels.0);
            }
        });
    });
}
