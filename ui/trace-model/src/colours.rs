//! What the colour of a bar means: the service of its span, its kind, its status, or the value of an attribute.

use daymark_view::skeleton::flag;

use crate::bars::{FAILED, FINE, OTHER};
use crate::trace::Trace;

/// Kinds in the order of OTLP.
const KINDS: [&str; 6] = ["unspecified", "internal", "server", "client", "producer", "consumer"];
const STATUSES: [(&str, u8); 3] = [("unset", OTHER), ("ok", FINE), ("error", FAILED)];

/// Spans that have one colour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    pub name: String,
    pub colour: u8,
    pub spans: usize,
}

/// Each span is in one class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colours {
    /// By place.
    class: Vec<u16>,
    classes: Vec<Class>,
}

impl Colours {
    /// `slot` is the colour of a service. What was called and sent no span of its own is grey.
    pub fn by_service(trace: &Trace, slot: impl Fn(&str) -> u8) -> Self {
        let named = trace.services.iter().map(|name| (name.clone(), slot(name)));
        let classes = named.chain([(String::new(), OTHER)]).collect();
        let others = trace.services.len();
        Self::made(trace, classes, |at| {
            let is_other = trace.peer(at).is_some() && !trace.is_parent(at);
            if is_other { others } else { trace.svc[at as usize] as usize }
        })
    }

    pub fn by_kind(trace: &Trace) -> Self {
        let classes = KINDS.iter().enumerate().map(|(at, name)| ((*name).to_owned(), at as u8 * 2)).collect();
        Self::made(trace, classes, |at| usize::from(trace.kind_status[at as usize] / 4).min(KINDS.len() - 1))
    }

    pub fn by_status(trace: &Trace) -> Self {
        let classes = STATUSES.iter().map(|(name, colour)| ((*name).to_owned(), *colour)).collect();
        Self::made(trace, classes, |at| match trace.has(at, flag::ERROR) {
            true => 2,
            false => usize::from(trace.kind_status[at as usize] % 4).min(1),
        })
    }

    /// Values with the places that have them, the most frequent first; all other spans are grey.
    pub fn by_value(trace: &Trace, values: &[(String, Vec<u32>)]) -> Self {
        let mut class = vec![values.len(); trace.len()];
        for (number, (_, places)) in values.iter().enumerate() {
            places.iter().for_each(|at| {
                if let Some(class) = class.get_mut(*at as usize) {
                    *class = number;
                }
            });
        }
        let named = values.iter().enumerate().map(|(at, (name, _))| (name.clone(), at as u8 % OTHER));
        Self::made(trace, named.chain([(String::new(), OTHER)]).collect(), |at| class[at as usize])
    }

    fn made(trace: &Trace, classes: Vec<(String, u8)>, of: impl Fn(u32) -> usize) -> Self {
        let mut classes: Vec<Class> =
            classes.into_iter().map(|(name, colour)| Class { name, colour, spans: 0 }).collect();
        let class: Vec<u16> = (0..trace.len() as u32).map(|at| of(at) as u16).collect();
        class.iter().for_each(|class| classes[usize::from(*class)].spans += 1);
        Self { class, classes }
    }

    /// The number of a span's colour.
    pub fn of(&self, at: u32) -> u8 {
        self.class_of(at).map_or(OTHER, |class| class.colour)
    }

    pub fn class_of(&self, at: u32) -> Option<&Class> {
        self.classes.get(usize::from(*self.class.get(at as usize)?))
    }

    /// Which class, as a number.
    pub fn number(&self, at: u32) -> u32 {
        self.class.get(at as usize).map_or(0, |class| u32::from(*class))
    }

    /// What there is to explain, the most frequent first; what has no name last.
    pub fn legend(&self) -> Vec<&Class> {
        let mut legend: Vec<&Class> = self.classes.iter().filter(|class| class.spans > 0).collect();
        legend.sort_by_key(|class| (class.name.is_empty(), std::cmp::Reverse(class.spans)));
        legend
    }
}
