//! A text taken apart as an index keeps it: its shape, and the words that its variables touch.
//!
//! Every word of the text is a word of its shape or is among those words. A shape may have words that are
//! none of the text: `user` of `user<*>`, where the text had `user42`.

use std::ops::Range;

use crate::shape::{Piece, VARIABLE, cut};
use crate::words::{fold, words};

/// Room to take texts apart in, one after the other.
#[derive(Debug, Default)]
pub struct Parts {
    shape: String,
    variables: Vec<Range<usize>>,
    folded: String,
}

impl Parts {
    pub fn cut(&mut self, text: &str) {
        self.shape.clear();
        self.variables.clear();
        let mut at = 0;
        cut(text, |piece| match piece {
            Piece::Constant(constant) => {
                self.shape.push_str(constant);
                at += constant.len();
            }
            Piece::Variable(variable) => {
                self.shape.push_str(VARIABLE);
                self.variables.push(at..at + variable.len());
                at += variable.len();
            }
        });
    }

    /// The shape of the text that was cut last.
    pub fn shape(&self) -> &str {
        &self.shape
    }

    /// The words that the variables of that text touch.
    pub fn variable_words(&mut self, text: &str, mut each: impl FnMut(&str)) {
        let mut done = 0;
        for variable in &self.variables {
            if variable.end <= done {
                continue;
            }
            let range = whole_words(text, variable.start.max(done)..variable.end, done);
            done = done.max(range.end);
            fold(text.get(range).unwrap_or_default(), &mut self.folded);
            words(&self.folded).for_each(&mut each);
        }
    }

    /// The words of the shape.
    pub fn shape_words(&mut self, mut each: impl FnMut(&str)) {
        fold(&self.shape, &mut self.folded);
        words(&self.folded).for_each(&mut each);
    }
}

/// The range widened to where no word can run on, but to nothing before `least`.
fn whole_words(text: &str, range: Range<usize>, least: usize) -> Range<usize> {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let (before, after) = (text.get(least..range.start), text.get(range.end..));
    let before = before.unwrap_or_default().bytes().rev().take_while(|byte| is_inside(byte)).count();
    let after = after.unwrap_or_default().bytes().take_while(|byte| is_inside(byte)).count();
    range.start - before..range.end + after
}

#[cfg(test)]
mod tests;
