//! A way to the server that loses one answer: the request is stored, and its sender never hears of it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

pub(super) struct Lossy {
    address: SocketAddr,
    way: Arc<Way>,
    lost: Receiver<()>,
}

struct Way {
    /// Where it leads now; nowhere while the server is down.
    target: Mutex<Option<SocketAddr>>,
    opened: Condvar,
    has_lost: AtomicBool,
    is_http2: bool,
    tell: SyncSender<()>,
}

impl Lossy {
    pub(super) fn start(is_http2: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, lost) = sync_channel(1);
        let way = Arc::new(Way {
            target: Mutex::default(),
            opened: Condvar::new(),
            has_lost: AtomicBool::new(false),
            is_http2,
            tell,
        });
        let accepting = Arc::clone(&way);
        // It ends with the process of the tests; a client may come until then.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let way = Arc::clone(&accepting);
                thread::spawn(move || way.lead(&client));
            }
        });
        Self { address, way, lost }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn lead_to(&self, url: Option<&str>) {
        let target = url.map(|url| url.trim_start_matches("http://").parse().unwrap());
        *self.way.target.lock().unwrap() = target;
        self.way.opened.notify_all();
    }

    pub(super) fn wait_until_lost(&self) {
        self.lost.recv_timeout(Duration::from_secs(60)).expect("an answer to lose");
    }
}

impl Way {
    /// A client that comes while the server is down waits: SDKs give up after a few tries, however long the
    /// server of a busy machine takes to come back.
    fn target(&self) -> SocketAddr {
        let target = self.opened.wait_while(self.target.lock().unwrap(), |target| target.is_none());
        target.unwrap().unwrap()
    }

    fn lead(&self, client: &TcpStream) {
        if let Ok(server) = TcpStream::connect(self.target()) {
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            let requests = thread::spawn(move || {
                // An end of either side ends both.
                let _copied = std::io::copy(&mut from, &mut to);
                let _closed = to.shutdown(Shutdown::Both);
            });
            let _ended = self.answer(&server, client);
            let _closed = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
            requests.join().unwrap();
        }
    }

    /// Passes on what the server says, up to the first answer that is to be lost.
    fn answer(&self, server: &TcpStream, mut client: &TcpStream) -> std::io::Result<()> {
        loop {
            let (bytes, is_answer) = if self.is_http2 { frame(server)? } else { some(server)? };
            if is_answer && !self.has_lost.swap(true, Ordering::SeqCst) {
                self.tell.send(()).unwrap();
                return Ok(());
            }
            client.write_all(&bytes)?;
        }
    }
}

/// An HTTP/2 frame, and whether it begins an answer.
fn frame(mut server: &TcpStream) -> std::io::Result<(Vec<u8>, bool)> {
    const HEADERS: u8 = 1;
    let mut bytes = vec![0; 9];
    server.read_exact(&mut bytes)?;
    let len = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]) as usize;
    bytes.resize(9 + len, 0);
    server.read_exact(&mut bytes[9..])?;
    let is_answer = bytes[3] == HEADERS;
    Ok((bytes, is_answer))
}

/// Whatever comes next; in HTTP/1 a server says nothing but answers.
fn some(mut server: &TcpStream) -> std::io::Result<(Vec<u8>, bool)> {
    let mut bytes = vec![0; 4_096];
    match server.read(&mut bytes)? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        read => {
            bytes.truncate(read);
            Ok((bytes, true))
        }
    }
}
