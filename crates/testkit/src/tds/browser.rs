//! SQL Server Browser: tells the port of a named instance over UDP (MC-SQLR).
use std::{
    io,
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// A responder for SQL Server Browser; it ends when it is dropped.
#[derive(Debug)]
pub struct Browser {
    address: SocketAddr,
    n_asked: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Browser {
    /// Answers questions for `instance` with the bytes of `answer`, and no others; the first `n_lost` questions get lost.
    pub fn with_answer(instance: &str, answer: Vec<u8>, n_lost: usize) -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let browser = Self {
            address: socket.local_addr()?,
            n_asked: Arc::new(AtomicUsize::new(0)),
            stop: Arc::new(AtomicBool::new(false)),
        };
        let (stop, n_asked, instance) =
            (Arc::clone(&browser.stop), Arc::clone(&browser.n_asked), instance.to_owned());
        thread::spawn(move || {
            let mut question = [0; 1_024];
            while !stop.load(Ordering::Relaxed) {
                let Ok((n, client)) = socket.recv_from(&mut question) else { continue };
                // CLNT_UCAST_INST: 4, the name, a zero that some clients leave out (2.2.3).
                let Some((4, name)) = question[..n].split_first() else { continue };
                let name =
                    String::from_utf8_lossy(name.strip_suffix(&[0]).unwrap_or(name)).into_owned();
                if name.eq_ignore_ascii_case(&instance)
                    && n_asked.fetch_add(1, Ordering::Relaxed) >= n_lost
                {
                    socket.send_to(&answer, client).ok();
                }
            }
        });
        Ok(browser)
    }

    /// Answers as a server does whose `instance` listens on a TCP port, or on none (`None`: TCP/IP is off).
    pub fn start(instance: &str, port: Option<u16>) -> io::Result<Self> {
        Self::with_answer(instance, Self::answer(instance, port), 0)
    }

    /// The bytes of `SVR_RESP` (2.2.5): 5, the length, and pairs of names and values.
    pub fn answer(instance: &str, port: Option<u16>) -> Vec<u8> {
        let tcp = port.map(|it| format!("tcp;{it};")).unwrap_or_default();
        let data = format!(
            "ServerName;RESPONDER;InstanceName;{instance};IsClustered;No;Version;10.50.6000.34;{tcp};"
        );
        let mut out = vec![5];
        out.extend_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend_from_slice(data.as_bytes());
        out
    }

    /// The UDP port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many questions came for the instance.
    pub fn n_asked(&self) -> usize {
        self.n_asked.load(Ordering::Relaxed)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
