//! The receivers over real sockets: every line of the OTLP conformance list, every limit, every way a
//! request or a connection can end. The intake behind them only records what it is given.

/// Refused connections, idle and slow ones, stopping.
#[cfg(test)]
mod connections;
/// OTLP over gRPC.
#[cfg(test)]
mod grpc;
/// OTLP over HTTP.
#[cfg(test)]
mod http;
/// Sizes, bombs, room and time.
#[cfg(test)]
mod limits;
/// Our own telemetry.
#[cfg(test)]
mod own;
/// Requests as clients write them, and answers as they read them.
#[cfg(test)]
mod wire;
/// Receivers on free ports of this machine in front of a recording intake.
#[cfg(test)]
mod world;
