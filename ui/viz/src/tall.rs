//! Which rows of a long list are in sight, where rows are not all equally high.

/// Heights of rows, and of what one of them has opened below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tall {
    rows: Rows,
    open: Option<(usize, f64)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Rows {
    Even { count: usize, high: f64 },
    Each(Vec<f64>),
}

/// Rows from the first up to, not including, the last, and the space of those that are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sight {
    pub first: usize,
    pub last: usize,
    pub above: f64,
    pub below: f64,
}

impl Tall {
    pub fn even(count: usize, high: f64) -> Self {
        Self { rows: Rows::Even { count, high: high.max(1.0) }, open: None }
    }

    pub fn each(heights: Vec<f64>) -> Self {
        Self { rows: Rows::Each(heights), open: None }
    }

    /// A row has something of this height below it.
    #[must_use]
    pub fn opened(self, row: Option<usize>, high: f64) -> Self {
        Self { open: row.map(|row| (row, high)), ..self }
    }

    fn count(&self) -> usize {
        match &self.rows {
            Rows::Even { count, .. } => *count,
            Rows::Each(heights) => heights.len(),
        }
    }

    /// Where a row begins.
    pub fn top(&self, row: usize) -> f64 {
        let row = row.min(self.count());
        let opened = self.open.filter(|(open, _)| *open < row).map_or(0.0, |(_, high)| high);
        opened
            + match &self.rows {
                Rows::Even { high, .. } => row as f64 * high,
                Rows::Each(heights) => heights[..row].iter().sum(),
            }
    }

    /// The row at a place.
    fn at(&self, place: f64) -> usize {
        let (mut low, mut high) = (0, self.count());
        if let Rows::Each(heights) = &self.rows {
            let mut top = 0.0;
            for (row, tall) in heights.iter().enumerate() {
                top += tall + self.open.filter(|(open, _)| *open == row).map_or(0.0, |(_, high)| high);
                if top > place {
                    return row;
                }
            }
            return heights.len();
        }
        while low < high {
            let middle = (low + high) / 2;
            if self.top(middle + 1) > place { high = middle } else { low = middle + 1 }
        }
        low
    }

    /// What is in sight from a place on, and `margin` rows beyond both edges.
    pub fn sight(&self, top: f64, high: f64, margin: usize) -> Sight {
        let count = self.count();
        let first = self.at(top).saturating_sub(margin).min(count);
        let last = (self.at(top + high) + 1 + margin).min(count);
        let (above, whole) = (self.top(first), self.top(count));
        Sight { first, last, above, below: (whole - self.top(last)).max(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_rows_are_found_at_once() {
        let tall = Tall::even(1_000, 20.0);
        let sight = tall.sight(4_000.0, 200.0, 2);
        assert_eq!((sight.first, sight.last), (198, 213));
        assert_eq!((sight.above, sight.below), (3_960.0, 15_740.0));
        assert_eq!(tall.sight(1e9, 200.0, 2).last, 1_000);
        assert_eq!(Tall::even(0, 20.0).sight(0.0, 100.0, 2), Sight::default());
    }

    #[test]
    fn what_a_row_has_opened_takes_space() {
        let tall = Tall::even(100, 20.0).opened(Some(3), 300.0);
        assert_eq!((tall.top(3), tall.top(4)), (60.0, 380.0));
        let sight = tall.sight(100.0, 100.0, 0);
        assert_eq!((sight.first, sight.last), (3, 4));
        let far = tall.sight(1_000.0, 40.0, 0);
        assert_eq!((far.first, far.above), (35, 1_000.0));
    }

    #[test]
    fn rows_of_their_own_heights_sum_up() {
        let tall = Tall::each(vec![20.0, 60.0, 20.0, 20.0]).opened(Some(1), 100.0);
        assert_eq!([0, 1, 2, 4].map(|row| tall.top(row)), [0.0, 20.0, 180.0, 220.0]);
        let sight = tall.sight(70.0, 20.0, 0);
        assert_eq!((sight.first, sight.last, sight.below), (1, 2, 40.0));
    }
}
