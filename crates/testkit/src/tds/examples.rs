//! Messages as MS-TDS publishes them in its section 4, and one answer as seen from a real server.

/// 4.1: a pre-login request.
pub const PRELOGIN_REQUEST: &str = "12 01 00 2F 00 00 01 00 00 00 1A 00 06 01 00 20 00 01 02 00 21 00 01 03 00 22 00 04 04 \
                                    00 26 00 01 FF 09 00 00 00 00 00 01 00 B8 0D 00 00 01";

/// A pre-login answer of SQL Server 2012 SP1 (11.0.3000), from a published capture.
pub const PRELOGIN_ANSWER_2012: &str = "04 01 00 2B 00 00 01 00 00 00 1A 00 06 01 00 20 00 01 02 00 21 00 01 03 00 22 00 00 04 \
                                        00 22 00 01 FF 0B 00 0B B8 00 00 01 00 01";

/// 4.2: a login request; user `sa`, no password.
pub const LOGIN_REQUEST: &str = "10 01 00 90 00 00 01 00 88 00 00 00 02 00 09 72 00 10 00 00 00 00 00 07 00 01 00 00 00 00 \
                                 00 00 E0 03 00 00 E0 01 00 00 09 04 00 00 5E 00 08 00 6E 00 02 00 72 00 00 00 72 00 07 00 \
                                 80 00 00 00 80 00 00 00 80 00 04 00 88 00 00 00 88 00 00 00 00 50 8B E2 B7 8F 88 00 00 00 \
                                 88 00 00 00 88 00 00 00 00 00 00 00 73 00 6B 00 6F 00 73 00 74 00 6F 00 76 00 31 00 73 00 \
                                 61 00 4F 00 53 00 51 00 4C 00 2D 00 33 00 32 00 4F 00 44 00 42 00 43 00";

/// 4.6: a batch, `select 'foo' as 'bar'`.
pub const BATCH_REQUEST: &str = "01 01 00 5C 00 00 01 00 16 00 00 00 12 00 00 00 02 00 00 00 00 00 00 00 00 01 00 00 00 00 \
                                 0A 00 73 00 65 00 6C 00 65 00 63 00 74 00 20 00 27 00 66 00 6F 00 6F 00 27 00 20 00 61 00 \
                                 73 00 20 00 27 00 62 00 61 00 72 00 27 00 0A 00 20 00 20 00 20 00 20 00 20 00 20 00 20 00 \
                                 20 00";

/// 4.7: the answer to that batch.
pub const BATCH_ANSWER: &str = "04 01 00 33 00 00 01 00 81 01 00 00 00 00 00 20 00 A7 03 00 09 04 D0 00 34 03 62 00 61 00 \
                                72 00 D1 03 00 66 6F 6F FD 10 00 C1 00 01 00 00 00 00 00 00 00";

/// 4.8: a call of the procedure `foo3` with one argument, a `smallint` without value.
pub const RPC_REQUEST: &str = "03 01 00 2F 00 00 01 00 16 00 00 00 12 00 00 00 02 00 00 00 00 00 00 00 00 01 00 00 00 00 \
                               04 00 66 00 6F 00 6F 00 33 00 00 00 00 02 26 02 00";

/// The bytes that hexadecimal pairs stand for; what is no pair is left out.
pub fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace().filter_map(|it| u8::from_str_radix(it, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpStream,
    };

    use super::*;
    use crate::tds::{
        Browser, Database, Encryption, Login, Prelogin, ServerBuilder, Value,
        wire::{self, packet},
    };

    fn data(hex: &str) -> (u8, Vec<u8>) {
        wire::read_message(&mut bytes(hex).as_slice()).unwrap()
    }

    #[test]
    fn published_prelogins_are_read_and_written() {
        let (kind, request) = data(PRELOGIN_REQUEST);
        assert_eq!(kind, packet::PRELOGIN);
        let expected =
            Prelogin { version: [9, 0, 0, 0, 0, 0], encryption: 1, instance: String::new() };
        assert_eq!(Prelogin::parse(&request).unwrap(), expected);

        // The capture says ENCRYPT_ON and MARS; this responder offers no MARS.
        let mut published = bytes(PRELOGIN_ANSWER_2012);
        *published.last_mut().unwrap() = 0;
        let answer = Prelogin::answer([11, 0, 0x0b, 0xb8, 0, 0], 1, true);
        let ours = wire::packets(packet::RESULT, &answer, 4_096);
        assert_eq!(ours, published);
    }

    #[test]
    fn published_login_is_read() {
        let (kind, request) = data(LOGIN_REQUEST);
        assert_eq!(kind, packet::LOGIN7);
        let expected = Login {
            tds_version: 0x7209_0002,
            packet_size: 4_096,
            host: "skostov1".to_owned(),
            user: "sa".to_owned(),
            application: "OSQL-32".to_owned(),
            library: "ODBC".to_owned(),
            ..Login::default()
        };
        assert_eq!(Login::parse(&request).unwrap(), expected);
    }

    #[test]
    fn published_batch_and_call_are_read() {
        let (kind, request) = data(BATCH_REQUEST);
        assert_eq!(kind, packet::BATCH);
        assert_eq!(wire::batch_text(&request).unwrap(), "\nselect 'foo' as 'bar'\n        ");
        let (kind, request) = data(RPC_REQUEST);
        assert_eq!(kind, packet::RPC);
        assert_eq!(wire::rpc_call(&request).unwrap(), ("foo3".to_owned(), vec![Value::Null]));
    }

    #[test]
    fn published_conversation_over_a_socket() {
        let database = Database { name: "master".to_owned(), ..Database::default() };
        let server = ServerBuilder::new(database)
            .user("sa", "")
            .encryption(Encryption::NotSupported)
            .start()
            .unwrap();
        let mut tcp = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        tcp.write_all(&bytes(PRELOGIN_REQUEST)).unwrap();
        let (kind, answer) = wire::read_message(&mut tcp).unwrap();
        assert_eq!((kind, answer[32]), (packet::RESULT, 2), "ENCRYPT_NOT_SUP");
        tcp.write_all(&bytes(LOGIN_REQUEST)).unwrap();
        let (_, answer) = wire::read_message(&mut tcp).unwrap();
        assert_eq!(answer[0], 0xe3, "ENVCHANGE comes first");
        tcp.write_all(&bytes(BATCH_REQUEST)).unwrap();
        let expected = bytes(BATCH_ANSWER);
        let mut answer = vec![0; expected.len()];
        tcp.read_exact(&mut answer).unwrap();
        assert_eq!(answer, expected);
        assert!(server.errors().is_empty(), "{:?}", server.errors());
    }

    #[test]
    fn damaged_messages_are_errors() {
        for hex in [PRELOGIN_REQUEST, LOGIN_REQUEST, BATCH_REQUEST, RPC_REQUEST] {
            let (_, data) = data(hex);
            for n in 0..data.len() {
                let cut = &data[..n];
                Prelogin::parse(cut).ok();
                assert!(Login::parse(cut).is_err());
                wire::batch_text(cut).ok();
                wire::rpc_call(cut).ok();
            }
        }
    }

    #[test]
    fn browser_answers_have_the_published_form() {
        let answer = Browser::answer("YUKONSTD", Some(57_137));
        let text = "ServerName;RESPONDER;InstanceName;YUKONSTD;IsClustered;No;Version;10.50.6000.34;tcp;57137;;";
        assert_eq!(answer[0], 5);
        assert_eq!(u16::from_le_bytes([answer[1], answer[2]]) as usize, text.len());
        assert_eq!(&answer[3..], text.as_bytes());
    }
}
