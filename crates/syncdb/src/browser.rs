//! Asks SQL Server Browser for the port of a named instance (MC-SQLR).
use std::{io, net::SocketAddr, time::Duration};

use tokio::{net::UdpSocket, time::timeout};

use crate::error::Error;

/// How often the question is put; datagrams get lost.
const ATTEMPTS: u32 = 3;

/// The TCP port of an instance.
pub(crate) async fn port_of(
    host: &str,
    address: SocketAddr,
    instance: &str,
    limit: Duration,
) -> Result<u16, Error> {
    let wrong = |reason: &str| Error::InstanceNotFound {
        host: host.to_owned(),
        instance: instance.to_owned(),
        reason: reason.to_owned(),
    };
    match ask(address, instance, limit).await {
        Ok(answer) => match port_in(&answer, instance) {
            Found::Port(port) => Ok(port),
            Found::NoTcp => Err(wrong(
                "it runs, but TCP/IP is off; switch it on in SQL Server Configuration Manager and restart the instance, \
                 or use its named pipe on the server itself",
            )),
            Found::Nothing => Err(wrong(
                "SQL Server Browser gave an answer that is not understood; give the port instead",
            )),
        },
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(wrong(
            "SQL Server Browser does not know it or does not answer on its UDP port; check the name and that the service \
             runs, or give the port as `host:port`",
        )),
        Err(error) => Err(wrong(&format!(
            "SQL Server Browser cannot be asked ({error}); give the port as `host:port`"
        ))),
    }
}

async fn ask(address: SocketAddr, instance: &str, limit: Duration) -> io::Result<Vec<u8>> {
    let local = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(local).await?;
    // Answers of others are dropped by the system.
    socket.connect(address).await?;
    // CLNT_UCAST_INST (2.2.3): 4, the name, a zero.
    let question = [&[4], instance.as_bytes(), &[0]].concat();
    let mut answer = vec![0; 4_096];
    let mut last = io::Error::from(io::ErrorKind::TimedOut);
    for _ in 0..ATTEMPTS {
        match socket.send(&question).await {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
            Err(error) => return Err(error),
        }
        match timeout(limit, socket.recv(&mut answer)).await {
            Ok(Ok(n)) => {
                answer.truncate(n);
                return Ok(answer);
            }
            // The port is closed: the same as no answer, only quicker.
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Ok(Err(error)) => last = error,
            Err(_) => {}
        }
    }
    Err(last)
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Port(u16),
    NoTcp,
    Nothing,
}

/// Reads `SVR_RESP` (2.2.5): 5, a length, and `name;value;…;;` of one instance.
fn port_in(answer: &[u8], instance: &str) -> Found {
    let [5, low, high, data @ ..] = answer else { return Found::Nothing };
    let len = usize::from(u16::from_le_bytes([*low, *high]));
    let Some(data) = data.get(..len) else { return Found::Nothing };
    let text = String::from_utf8_lossy(data);
    let mut words = text.split(';');
    let mut is_instance = false;
    while let Some(name) = words.next() {
        let Some(value) = words.next() else { break };
        if name.eq_ignore_ascii_case("InstanceName") {
            is_instance = value.eq_ignore_ascii_case(instance);
        } else if is_instance && name.eq_ignore_ascii_case("tcp") {
            return value.parse().ok().filter(|it| *it != 0).map_or(Found::Nothing, Found::Port);
        }
    }
    if is_instance { Found::NoTcp } else { Found::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Vec<u8> {
        let len = u16::try_from(text.len()).unwrap().to_le_bytes();
        [&[5], &len[..], text.as_bytes()].concat()
    }

    #[test]
    fn answers_are_read() {
        // The example of MC-SQLR 4.2, with its instance and port.
        let published = "ServerName;ILSUNG1;InstanceName;YUKONSTD;IsClustered;No;Version;9.00.1399.06;tcp;57137;;";
        let cases = [
            (published, Found::Port(57_137)),
            (
                "ServerName;A;InstanceName;yukonstd;IsClustered;No;Version;1;np;\\\\A\\pipe\\x;tcp;5;;",
                Found::Port(5),
            ),
            ("ServerName;A;InstanceName;YUKONSTD;IsClustered;No;Version;1;;", Found::NoTcp),
            ("ServerName;A;InstanceName;OTHER;IsClustered;No;tcp;5;;", Found::Nothing),
            ("ServerName;A;InstanceName;YUKONSTD;tcp;0;;", Found::Nothing),
            ("ServerName;A;InstanceName;YUKONSTD;tcp;99999;;", Found::Nothing),
            ("", Found::Nothing),
        ];
        for (text, expected) in cases {
            assert_eq!(port_in(&answer(text), "YUKONSTD"), expected, "{text}");
        }
        assert_eq!(port_in(&[5, 255, 255, 65], "YUKONSTD"), Found::Nothing);
        assert_eq!(port_in(&[], "YUKONSTD"), Found::Nothing);
    }
}
