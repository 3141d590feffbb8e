//! What every change is held to, without building the product: layers and tidiness.

/// Dependencies between packages point one way.
mod layers;
/// Files say why they exist, stay short, and hold no global state.
mod tidy;
