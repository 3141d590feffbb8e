//! The bytes of one request, read within the limits: not larger than allowed, not slower than allowed, and
//! never without room for them.

use std::fmt::Display;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use daymark_model::limits::{BODY_BYTES_PER_SECOND_MIN, MIB};
use http_body::Body;
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::admit::arrival::Arrival;
use crate::answer::{Kind, Refusal};

/// An announced size is believed up to here when memory is reserved.
const BELIEVED_BYTES: usize = MIB;

/// A complete body. One that came in one piece stays that piece; further pieces are joined as they come,
/// so that many tiny ones cost no more than their bytes.
#[derive(Debug)]
pub(super) enum Received {
    Piece(Bytes),
    Joined(BytesMut),
}

/// Reads a body of at most `bytes_max`.
pub(super) async fn read<B>(
    arrival: &mut Arrival,
    body: &mut B,
    bytes_max: usize,
) -> Result<Received, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Display,
{
    let mut received = Received::Piece(Bytes::new());
    let began = arrival.clock().elapsed();
    let announced = announced_bytes(body);
    if announced > bytes_max {
        return Err(too_large(bytes_max));
    }
    arrival.receive(0).await?;
    loop {
        let took = arrival.clock().elapsed().saturating_sub(began);
        let left = patience(arrival.limits().body_idle, took, received.len());
        let frame = match timeout(left, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(error))) => {
                return Err(Refusal::unreadable(format!("the request broke off: {error}")));
            }
            Ok(None) => return Ok(received),
            Err(_) => {
                let detail = format!("only {} bytes of the request came in time", received.len());
                return Err(Refusal::new(Kind::TooSlow, detail));
            }
        };
        let Ok(piece) = frame.into_data() else { continue };
        let bytes = received.len() + piece.len();
        if bytes > bytes_max {
            return Err(too_large(bytes_max));
        }
        arrival.receive(bytes).await?;
        received = received.joined(piece, announced.min(BELIEVED_BYTES));
    }
}

/// Takes what is still coming of a refused body, so that its sender gets to read the answer: over HTTP/1
/// closing a connection with unread bytes may destroy the answer on its way. Bounded in bytes and time.
pub(super) async fn discard<B>(body: &mut B, bytes_max: usize, wait: Duration)
where
    B: Body<Data = Bytes> + Unpin,
{
    if announced_bytes(body) > bytes_max {
        return;
    }
    let mut left = bytes_max;
    let all = async {
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
    };
    // The bound is the point: what is not here in time is not waited for.
    timeout(wait, all).await.ok();
}

impl Received {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Piece(piece) => piece.len(),
            Self::Joined(joined) => joined.len(),
        }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::Piece(piece) => piece,
            Self::Joined(joined) => joined.freeze(),
        }
    }

    fn joined(self, piece: Bytes, expected_bytes: usize) -> Self {
        let mut joined = match self {
            Self::Piece(first) if first.is_empty() => return Self::Piece(piece),
            Self::Piece(first) => {
                let mut joined = BytesMut::with_capacity(expected_bytes.max(first.len() + piece.len()));
                joined.extend_from_slice(&first);
                joined
            }
            Self::Joined(joined) => joined,
        };
        joined.extend_from_slice(&piece);
        Self::Joined(joined)
    }
}

fn announced_bytes(body: &impl Body) -> usize {
    usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX)
}

fn too_large(bytes_max: usize) -> Refusal {
    Refusal::new(Kind::TooLarge, format!("the request is larger than {bytes_max} bytes"))
}

/// How long the next bytes may take: the idle limit, less when the body as a whole is behind its rate.
fn patience(idle: Duration, took: Duration, bytes: usize) -> Duration {
    let earned = Duration::from_secs((bytes / BODY_BYTES_PER_SECOND_MIN) as u64);
    idle.min((idle + earned).saturating_sub(took))
}

#[cfg(test)]
mod tests;
