//! From a file to bytes of UTF-8: gzip is unpacked, UTF-16 is turned round; code pages are left to each value.
use std::{
    fmt,
    io::{self, BufRead, BufReader, Read},
    ops::Range,
    str::FromStr,
};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};
use flate2::read::MultiGzDecoder;

/// Bytes that are read at once.
const CHUNK: usize = 128 << 10;

/// A code page, for values that are not UTF-8: `ldifde` writes the one of its computer unless it is told `-u`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CodePage(pub(super) &'static Encoding);

impl CodePage {
    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl Default for CodePage {
    /// Western European.
    fn default() -> Self {
        Self(WINDOWS_1252)
    }
}

impl fmt::Debug for CodePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CodePage {
    type Err = String;

    /// Reads `windows-1250`, `1250`, `cp1250` or another name of the encoding.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower = text.trim().to_ascii_lowercase();
        let number = lower.strip_prefix("cp").unwrap_or(&lower);
        let label = match number {
            "932" => "shift_jis".to_owned(),
            "936" => "gbk".to_owned(),
            "949" => "euc-kr".to_owned(),
            "950" => "big5".to_owned(),
            "65001" => "utf-8".to_owned(),
            it if it.bytes().all(|it| it.is_ascii_digit()) => format!("windows-{it}"),
            _ => lower.clone(),
        };
        let found = Encoding::for_label(label.as_bytes());
        found.map(Self).ok_or_else(|| {
            "there is no such code page; write a name such as windows-1250".to_owned()
        })
    }
}

/// Reads a file. What it is is told from its first bytes, not from its name.
pub(super) fn from_reader(file: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut raw = BufReader::with_capacity(CHUNK, file);
    if starts_with(&mut raw, &[0x1F, 0x8B])? {
        unpacked(BufReader::with_capacity(CHUNK, MultiGzDecoder::new(raw)))
    } else {
        unpacked(raw)
    }
}

fn unpacked(mut reader: impl BufRead + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let utf_16 = if starts_with(&mut reader, &[0xFF, 0xFE])? {
        Some(UTF_16LE)
    } else if starts_with(&mut reader, &[0xFE, 0xFF])? {
        Some(UTF_16BE)
    } else {
        None
    };
    let Some(encoding) = utf_16 else {
        if starts_with(&mut reader, &[0xEF, 0xBB, 0xBF])? {
            reader.consume(3);
        }
        return Ok(Box::new(reader));
    };
    let decoder = encoding.new_decoder_with_bom_removal();
    let transcoder =
        Transcoder { inner: reader, decoder, text: vec![0; CHUNK], ready: 0..0, is_done: false };
    Ok(Box::new(BufReader::with_capacity(CHUNK, transcoder)))
}

/// Whether the next bytes are these. A reader that gives fewer at once is one at its end.
fn starts_with(reader: &mut impl BufRead, bytes: &[u8]) -> io::Result<bool> {
    Ok(reader.fill_buf()?.starts_with(bytes))
}

/// Reads another encoding as UTF-8.
struct Transcoder<R> {
    inner: R,
    decoder: Decoder,
    text: Vec<u8>,
    /// The part of `text` that was not taken yet.
    ready: Range<usize>,
    is_done: bool,
}

impl<R: BufRead> Read for Transcoder<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.ready.is_empty() && !self.is_done {
            let input = self.inner.fill_buf()?;
            let is_last = input.is_empty();
            let (result, n_read, n_written, _) =
                self.decoder.decode_to_utf8(input, &mut self.text, is_last);
            self.inner.consume(n_read);
            self.ready = 0..n_written;
            self.is_done = is_last && result == CoderResult::InputEmpty;
        }
        let n = out.len().min(self.ready.len());
        out[..n].copy_from_slice(&self.text[self.ready.start..self.ready.start + n]);
        self.ready.start += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn read(bytes: Vec<u8>) -> String {
        let mut text = String::new();
        from_reader(io::Cursor::new(bytes)).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn every_form_is_read_as_utf_8() {
        let text = "dn: CN=Müller €\n".repeat(20_000);
        let little: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let big: Vec<u8> = [0xFE, 0xFF]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
            .collect();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&little).unwrap();
        let packed = packed.finish().unwrap();
        let marked = ["\u{FEFF}", &text].concat().into_bytes();
        for bytes in [text.clone().into_bytes(), marked, little, big, packed] {
            assert!(read(bytes) == text);
        }
        assert_eq!(read(Vec::new()), "");
    }

    #[test]
    fn code_pages_have_many_names() {
        let cases = [
            ("1250", "windows-1250"),
            ("cp1252", "windows-1252"),
            ("windows-1251", "windows-1251"),
            ("932", "Shift_JIS"),
            ("iso-8859-2", "ISO-8859-2"),
        ];
        for (text, name) in cases {
            assert_eq!(text.parse::<CodePage>().map(CodePage::name), Ok(name), "{text}");
        }
        assert!("klingon".parse::<CodePage>().is_err());
        assert!("1".parse::<CodePage>().is_err());
    }
}
