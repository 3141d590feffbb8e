//! The types of an attribute value, numbered as OTLP's `AnyValue` numbers them.
//!
//! A value is stored as text next to its type: numbers in decimal, bytes in base64, arrays and key-value
//! lists as typed JSON: keys sorted, integers without a point, doubles always with point
//! or exponent, NaN and infinities `{"$f":"NaN"}`, bytes `{"$b":"base64"}`, a list that has a key starting
//! with `$` wrapped as `{"$m":{…}}`.

/// The type code beside an attribute value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ValueType {
    Empty = 0,
    Text = 1,
    Bool = 2,
    Int = 3,
    Double = 4,
    Array = 5,
    Map = 6,
    Bytes = 7,
}

impl ValueType {
    const ALL: [Self; 8] =
        [Self::Empty, Self::Text, Self::Bool, Self::Int, Self::Double, Self::Array, Self::Map, Self::Bytes];

    pub fn code(self) -> u8 {
        self as u8
    }

    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}
