//! What part of a large picture is in sight: the place in the middle, and how large it is shown.

use std::fmt;

/// Never smaller or larger than this.
const LEAST: f64 = 0.15;
const MOST: f64 = 2.5;
/// A picture that fits easily is not blown up.
const FIT_MOST: f64 = 1.1;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// The place of the picture in the middle of the view.
    pub x: f64,
    pub y: f64,
    /// Pixels of the view for one of the picture.
    pub k: f64,
}

impl Camera {
    /// Shows `[left, top, right, bottom]` whole, with `margin` pixels around it.
    pub fn fit([left, top, right, bottom]: [f64; 4], (wide, high): (f64, f64), margin: f64) -> Self {
        let share = |room: f64, size: f64| (room - 2.0 * margin).max(1.0) / size.max(1.0);
        let k = share(wide, right - left).min(share(high, bottom - top)).clamp(LEAST, FIT_MOST);
        Self { x: (left + right) / 2.0, y: (top + bottom) / 2.0, k }
    }

    /// Reads `320,80,1.25`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(',').map(str::parse::<f64>);
        let mut next = || parts.next()?.ok().filter(|part| part.is_finite());
        let (x, y, k) = (next()?, next()?, next()?);
        Some(Self { x, y, k: k.clamp(LEAST, MOST) })
    }

    /// Larger or smaller by a factor; what is under the pointer stays there. The pointer is told from the middle
    /// of the view.
    #[must_use]
    pub fn zoomed(self, factor: f64, (from_x, from_y): (f64, f64)) -> Self {
        let k = (self.k * factor).clamp(LEAST, MOST);
        let step = 1.0 / self.k - 1.0 / k;
        Self { x: self.x + from_x * step, y: self.y + from_y * step, k }
    }

    /// Moved by pixels of the view: a drag to the right shows what is further left.
    #[must_use]
    pub fn dragged(self, (by_x, by_y): (f64, f64)) -> Self {
        Self { x: self.x - by_x / self.k, y: self.y - by_y / self.k, ..self }
    }

    /// As little moved as needed for a frame to be in sight.
    #[must_use]
    pub fn showing(self, [left, top, right, bottom]: [f64; 4], (wide, high): (f64, f64)) -> Self {
        let held = |at: f64, low: f64, high: f64, half: f64| {
            if low < at - half {
                low + half
            } else if high > at + half {
                high - half
            } else {
                at
            }
        };
        let (half_x, half_y) = (wide / 2.0 / self.k, high / 2.0 / self.k);
        Self { x: held(self.x, left, right, half_x), y: held(self.y, top, bottom, half_y), ..self }
    }
}

impl fmt::Display for Camera {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.0},{:.0},{:.2}", self.x, self.y, self.k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_fits_with_its_margin() {
        let camera = Camera::fit([0.0, 0.0, 2_000.0, 500.0], (1_040.0, 600.0), 20.0);
        assert_eq!((camera.x, camera.y, camera.k), (1_000.0, 250.0, 0.5));
        assert_eq!(Camera::fit([0.0, 0.0, 10.0, 10.0], (800.0, 600.0), 20.0).k, FIT_MOST);
    }

    #[test]
    fn what_is_under_the_pointer_stays_there() {
        let camera = Camera { x: 100.0, y: 50.0, k: 1.0 };
        let near = camera.zoomed(2.0, (40.0, -20.0));
        assert_eq!((near.x + 40.0 / near.k, near.y - 20.0 / near.k), (140.0, 30.0));
        assert_eq!(camera.zoomed(100.0, (0.0, 0.0)).k, MOST);
        assert_eq!(camera.dragged((10.0, 0.0)).x, 90.0);
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let camera = Camera { x: 320.0, y: -80.0, k: 1.25 };
        assert_eq!(Camera::parse(&camera.to_string()), Some(camera));
        for bad in ["", "1,2", "a,b,c", "1,2,NaN"] {
            assert_eq!(Camera::parse(bad), None);
        }
    }

    #[test]
    fn a_frame_comes_into_sight_with_the_least_move() {
        let camera = Camera { x: 0.0, y: 0.0, k: 1.0 };
        assert_eq!(camera.showing([60.0, -10.0, 140.0, 10.0], (200.0, 200.0)).x, 40.0);
        assert_eq!(camera.showing([-10.0, -10.0, 10.0, 10.0], (200.0, 200.0)), camera);
    }
}
