//! The picture: what is in sight follows wheel, drag and keys, and stays where it is while figures change.

use std::time::Duration;

use daymark_viz::camera::Camera;
use daymark_viz::wires;
use leptos::html;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent, WheelEvent};

use crate::life::Later;
use crate::parts::icon::Icon;
use crate::parts::width::follow_width;
use crate::shell::Shell;
use crate::window;
use crate::words::{Word, t};

use super::About;
use super::line::Line;
use super::node::Node;

/// Around the picture where all of it is shown.
const MARGIN: f64 = 36.0;
/// The address follows when nobody moves any more.
const IDLE: Duration = Duration::from_millis(400);
const STEP: f64 = 1.25;
/// A press that moves less is a click.
const CLICK: f64 = 4.0;

#[component]
pub(super) fn Canvas(about: About) -> impl IntoView {
    let shell = Shell::here();
    let frame = NodeRef::<html::Div>::new();
    let wide = RwSignal::new(1_000.0);
    follow_width(frame, wide);
    let size = move || (wide.get(), frame.get().map_or(600.0, |frame| f64::from(frame.client_height())));
    let kept = shell.address.param("cam");
    // While somebody moves it, ahead of the address.
    let moving = RwSignal::new(None::<Camera>);
    let bounds = Memo::new(move |_| about.map.map(|map| wires::bounds(map).to_vec()));
    let camera = Memo::new(move |_| {
        let here = moving.get().or_else(|| kept.get().and_then(|text| Camera::parse(&text)));
        let fit = || {
            let corners =
                bounds.with(|bounds| <[f64; 4]>::try_from(bounds.as_slice()).unwrap_or([0.0, 0.0, 1.0, 1.0]));
            Camera::fit(corners, size(), MARGIN)
        };
        here.unwrap_or_else(fit)
    });
    let idle = Later::here();
    let go = move |to: Camera| {
        moving.set(Some(to));
        let write = move || {
            shell.address.replace(shell.address.now().with("cam", &to.to_string()));
            moving.set(None);
        };
        idle.after(IDLE, write);
    };
    let fit = move || {
        idle.cancel();
        moving.set(None);
        shell.address.replace(shell.address.now().without("cam"));
    };
    let zoom = move |factor: f64| go(camera.get_untracked().zoomed(factor, (0.0, 0.0)));
    shell.keys.on("z", Word::MapKeyFit, fit);
    shell.keys.on("+", Word::MapKeyCloser, move || zoom(STEP));
    shell.keys.on("-", Word::MapKeyFurther, move || zoom(1.0 / STEP));
    shell.keys.on("f", Word::MapKeyFocus, move || {
        if let Some(selected) = about.selected.get_untracked().filter(|selected| !selected.contains('~')) {
            shell.address.set("focus", &selected);
        }
    });
    let from_middle = move |x: i32, y: i32| {
        frame.get_untracked().map_or((0.0, 0.0), |frame| {
            let rect = frame.get_bounding_client_rect();
            (f64::from(x) - rect.left() - rect.width() / 2.0, f64::from(y) - rect.top() - rect.height() / 2.0)
        })
    };
    let wheeled = move |event: WheelEvent| {
        event.prevent_default();
        let factor = (-event.delta_y() * 0.0015).exp().clamp(0.5, 2.0);
        go(camera.get_untracked().zoomed(factor, from_middle(event.client_x(), event.client_y())));
    };
    // Where a drag began, and what was in sight then.
    let grip = RwSignal::new(None::<((f64, f64), Camera)>);
    let has_moved = StoredValue::new(false);
    let pressed = move |event: PointerEvent| {
        if event.button() == 0 {
            grip.set(Some((
                (f64::from(event.client_x()), f64::from(event.client_y())),
                camera.get_untracked(),
            )));
            has_moved.set_value(false);
        }
    };
    let moved = move |event: PointerEvent| {
        let Some(((x, y), before)) = grip.get_untracked() else { return };
        let by = (f64::from(event.client_x()) - x, f64::from(event.client_y()) - y);
        if has_moved.get_value() || by.0.abs() + by.1.abs() > CLICK {
            has_moved.set_value(true);
            go(before.dragged(by));
        }
    };
    let clicked = move |_| {
        if !has_moved.get_value() && about.selected.get_untracked().is_some() {
            shell.address.set("sel", "");
        }
    };
    let steered = move |event: KeyboardEvent| {
        let by = match event.key().as_str() {
            "ArrowLeft" => (60.0, 0.0),
            "ArrowRight" => (-60.0, 0.0),
            "ArrowUp" => (0.0, 60.0),
            "ArrowDown" => (0.0, -60.0),
            _ => return,
        };
        event.prevent_default();
        go(camera.get_untracked().dragged(by));
    };
    let ids = Memo::new(move |_| about.map.map(wires::walk));
    let lines =
        Memo::new(move |_| about.map.map(|map| wires::drawn(map).map(super::edge_id).collect::<Vec<_>>()));
    let busiest =
        Memo::new(move |_| about.map.map(|map| map.edges.iter().map(|edge| edge.rate).fold(0.0, f64::max)));
    let spread = Memo::new(move |_| {
        about.map.map(|map| {
            let all = || map.nodes.iter().filter_map(|node| node.p95_ns);
            (all().min().unwrap_or(1), all().max().unwrap_or(1))
        })
    });
    let metric = shell.address.param("metric");
    // Moves the focus to a node and the view to it.
    let show_node = Callback::new(move |id: String| {
        if let Some(node) = untrack(|| about.node(&id)) {
            let around = [
                node.x as f64 - 20.0,
                node.y as f64 - 20.0,
                (node.x + node.w) as f64 + 20.0,
                (node.y + node.h) as f64 + 20.0,
            ];
            let (now, size) = (camera.get_untracked(), untrack(size));
            let then = now.showing(around, size);
            if then != now {
                go(then);
            }
        }
        let quoted = id.replace('\\', "\\\\").replace('"', "\\\"");
        window::focus(&format!("[data-node=\"{quoted}\"]"));
    });
    let transform = move || {
        let (Camera { x, y, k }, (wide, high)) = (camera.get(), size());
        format!("translate({:.1}px, {:.1}px) scale({k:.3})", wide / 2.0 - x * k, high / 2.0 - y * k)
    };
    let percent = move || format!("{:.0}\u{a0}%", camera.get().k * 100.0);
    view! {
        <div
            class="map-canvas"
            role="group"
            aria-label=t(Word::MapCanvas)
            tabindex="0"
            node_ref=frame
            data-held=move || grip.get().map(|_| "")
            on:wheel=wheeled
            on:pointerdown=pressed
            on:pointermove=moved
            on:pointerup=move |_| grip.set(None)
            on:pointerleave=move |_| grip.set(None)
            on:click=clicked
            on:keydown=steered
        >
            <div class="map-world" style:transform=transform>
                <svg class="map-lines" width="1" height="1" aria-hidden="true">
                    <For each=move || lines.get() key=Clone::clone let:id><Line about=about id=id metric=metric busiest=busiest /></For>
                </svg>
                <For each=move || ids.get() key=Clone::clone let:id><Node about=about id=id spread=spread show_node=show_node /></For>
            </div>
            <div class="map-corner" on:pointerdown=|event| event.stop_propagation() on:click=|event| event.stop_propagation()>
                <Unconnected about=about />
                <div class="map-zoom">
                    <span class="segments">
                        <button type="button" aria-label=t(Word::MapFurther) on:click=move |_| zoom(1.0 / STEP)><Icon name="minus" size=14 /></button>
                        <span class="map-percent">{percent}</span>
                        <button type="button" aria-label=t(Word::MapCloser) on:click=move |_| zoom(STEP)><Icon name="plus" size=14 /></button>
                    </span>
                    <button type="button" class="button" on:click=move |_| fit()>{t(Word::MapFit)}</button>
                </div>
            </div>
            <p class="legend map-legend" aria-hidden="true">
                <span><svg viewBox="0 0 22 4"><path d="M0 2h22" stroke-width="3" /></svg>{t(Word::MapLegendWidth)}</span>
                <span><svg viewBox="0 0 22 4"><path d="M0 2h22" stroke-dasharray="4 3" /></svg>{t(Word::MapLegendMessaging)}</span>
                <span><svg viewBox="0 0 22 4" data-trouble=""><path d="M0 2h22" stroke-width="2" /></svg>{t(Word::MapLegendTrouble)}</span>
            </p>
        </div>
    }
}

/// Services without a call: told, not dropped.
#[component]
fn Unconnected(about: About) -> impl IntoView {
    move || {
        let alone = about.map.map(|map| map.unconnected.clone());
        let chip = |id: String| {
            let label = id.clone();
            view! { <button type="button" class="chip" on:click=move |_| about.select(&id)>{label}</button> }
        };
        (!alone.is_empty()).then(|| {
            view! {
                <div class="map-alone">
                    <span class="small faint">{t(Word::MapUnconnected)}</span>
                    <div>{alone.into_iter().map(chip).collect_view()}</div>
                </div>
            }
        })
    }
}
