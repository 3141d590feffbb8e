//! A message in its frame: a flag that tells whether it is compressed, its length, its bytes.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use daymark_model::limits::IntakeLimits;
use daymark_model::wire::Encoding;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::{BodyExt, Full};
use tonic::body::Body;

use crate::answer::{Kind, Refusal};

/// Flag and length in front of a message.
pub(super) const HEAD_BYTES: usize = 5;

/// The one message of a call, and how it is compressed. What a frame announces beyond the limits is refused
/// as too large, also when it never arrived.
pub(super) fn unframed(
    mut call: Bytes,
    named: Encoding,
    limits: &IntakeLimits,
) -> Result<(Encoding, Bytes), Refusal> {
    if call.len() < HEAD_BYTES {
        return Err(Refusal::unreadable("the call has no complete message"));
    }
    let encoding = match (call.get_u8(), named) {
        (0, _) => Encoding::Identity,
        (1, Encoding::Identity) => {
            return Err(Refusal::unreadable("the message is compressed, but grpc-encoding does not say how"));
        }
        (1, named) => named,
        (flag, _) => return Err(Refusal::unreadable(format!("the frame has the unknown flag {flag}"))),
    };
    let announced = call.get_u32() as usize;
    let bytes_max = match encoding {
        Encoding::Identity => limits.request_wire_bytes.min(limits.request_raw_bytes),
        _ => limits.request_wire_bytes,
    };
    if announced > bytes_max {
        return Err(Refusal::new(Kind::TooLarge, format!("the message is larger than {bytes_max} bytes")));
    }
    if announced != call.len() {
        let detail = format!("the frame announces {announced} bytes, but {} follow", call.len());
        return Err(Refusal::unreadable(detail));
    }
    Ok((encoding, call))
}

/// The answer of a call that succeeded.
pub(super) fn answered(message: Bytes) -> Response<Body> {
    let mut frame = BytesMut::with_capacity(HEAD_BYTES + message.len());
    frame.put_u8(0);
    // Answers have a limit far below.
    frame.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    frame.put(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(frame.freeze()).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
