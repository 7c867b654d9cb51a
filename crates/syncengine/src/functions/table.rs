//! The table of functions. Evaluation, explanation and `docs/functions.md` derive from it.
//!
//! Source: the function reference of Entra Connect Sync and the page on declarative provisioning expressions, checked
//! 2026-11-21; rows marked otherwise are used by the rules that build 1.1.130.0 ships.
use super::{
    Function,
    Group::{
        self, Certificate, Conversion, DateTime, Directory, Evaluation, Math, MultiValued,
        ProgramFlow, Text,
    },
    Implementation::{Plain, Special as Own},
    Param, Source,
    Special::{Iif, ImportedValue, Select, Switch, ValueCount, Where, With},
    Takes::{self, All, AttributeName, Condition, Enum, One, Variable},
    certificate, conversion, date, directory, logic, multivalue, text,
};
use crate::value::Kinds;

const TEXT: Kinds = Kinds::TEXT;
const NUMBER: Kinds = Kinds::NUMBER;
const BOOLEAN: Kinds = Kinds::BOOLEAN;
const BINARY: Kinds = Kinds::BINARY;
const REFERENCE: Kinds = Kinds::REFERENCE;
const DATE: Kinds = Kinds::DATE;
const NULL: Kinds = Kinds::NULL;
const ATTRIBUTE: Kinds = Kinds::ATTRIBUTE;
const ANY: Kinds = Kinds::ANY;

const fn p(name: &'static str, takes: Takes) -> Param {
    Param { name, takes }
}

/// A function of the reference.
#[expect(clippy::too_many_arguments, reason = "one column of the table each")]
const fn f(
    name: &'static str,
    group: Group,
    params: &'static [Param],
    required: usize,
    returns: Kinds,
    about: &'static str,
    notes: &'static [&'static str],
    implementation: super::Implementation,
) -> Function {
    let (repeats, returns_many, source) = (false, false, Source::Reference);
    Function {
        name,
        group,
        params,
        required,
        repeats,
        returns,
        returns_many,
        source,
        about,
        notes,
        implementation,
    }
}

/// Every function, by name.
#[rustfmt::skip] // one line a row
pub const TABLE: &[Function] = &[
    f("BitAnd", Math, &[p("value1", One(NUMBER)), p("value2", One(NUMBER))], 2, NUMBER.or(NULL), "the bits that both numbers have", &[], Plain(logic::bit_and)),
    f("BitOr", Math, &[p("value1", One(NUMBER)), p("value2", One(NUMBER))], 2, NUMBER.or(NULL), "the bits that either number has", &[], Plain(logic::bit_or)),
    Function { source: Source::ShippedRules, ..f("CBin", Conversion, &[p("value", One(NUMBER)), p("length", One(NUMBER))], 2, BINARY.or(NULL), "a number as so many bytes, the lowest first", &["The value must fit; negative numbers do not."], Plain(conversion::c_bin)) },
    f("CBool", Conversion, &[p("expression", Condition)], 1, BOOLEAN, "whether a value is not zero", &[], Plain(conversion::c_bool)),
    f("CDate", Conversion, &[p("value", One(TEXT.or(DATE)))], 1, DATE.or(NULL), "a date from its text", &[], Plain(conversion::c_date)),
    f("CGuid", Conversion, &[p("GUID", One(TEXT))], 1, BINARY.or(NULL), "the bytes of a GUID", &[], Plain(conversion::c_guid)),
    f("CNum", Conversion, &[p("value", One(TEXT.or(NUMBER).or(BINARY)))], 1, NUMBER.or(NULL), "a number from its text", &["A text that is not a number is an error."], Plain(conversion::c_num)),
    f("CRef", Conversion, &[p("value", One(TEXT.or(REFERENCE)))], 1, REFERENCE.or(NULL), "a reference from a name", &[], Plain(conversion::c_ref)),
    f("CStr", Conversion, &[p("value", One(TEXT.or(NUMBER).or(BOOLEAN).or(REFERENCE)))], 1, TEXT.or(NULL), "the text of a number, reference or boolean", &["Text stays as it is; binary values and dates are errors."], Plain(conversion::c_str)),
    Function { returns_many: true, ..f("CertExtensionOids", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "object identifiers of the critical extensions", &[], Plain(certificate::extension_oids)) },
    f("CertFormat", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the name of the certificate's format, always X509", &[], Plain(certificate::format)),
    f("CertFriendlyName", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the friendly name, which the bytes of a certificate do not carry", &[], Plain(certificate::friendly_name)),
    f("CertHashString", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the SHA-1 hash in hexadecimal", &[], Plain(certificate::hash_string)),
    f("CertIssuer", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the name of the issuer", &[], Plain(certificate::issuer)),
    f("CertIssuerDN", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the distinguished name of the issuer", &[], Plain(certificate::issuer)),
    f("CertIssuerOid", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the object identifier of the issuer's name", &[], Plain(certificate::name_oid)),
    f("CertKeyAlgorithm", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the object identifier of the key's algorithm", &[], Plain(certificate::key_algorithm)),
    f("CertKeyAlgorithmParams", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the parameters of the key's algorithm, in hexadecimal", &[], Plain(certificate::key_params)),
    f("CertNameInfo", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT))), p("x509NameType", One(TEXT)), p("includesIssuerName", One(BOOLEAN))], 3, TEXT.or(NULL), "one kind of name of the subject or the issuer", &["x509NameType is SimpleName, EmailName, UpnName, DnsName, DnsFromAlternativeName or UrlName."], Plain(certificate::name_info)),
    f("CertNotAfter", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, DATE.or(NULL), "when the certificate ends", &[], Plain(certificate::not_after)),
    f("CertNotBefore", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, DATE.or(NULL), "when the certificate begins", &[], Plain(certificate::not_before)),
    f("CertPublicKeyOid", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the object identifier of the public key", &[], Plain(certificate::key_algorithm)),
    f("CertPublicKeyParametersOid", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the object identifier of the public key's parameters", &[], Plain(certificate::key_algorithm)),
    f("CertSerialNumber", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the serial number in hexadecimal", &[], Plain(certificate::serial_number)),
    f("CertSignatureAlgorithmOid", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the object identifier of the signature's algorithm", &[], Plain(certificate::signature_oid)),
    f("CertSubject", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the name of the subject", &[], Plain(certificate::subject)),
    f("CertSubjectNameDN", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the distinguished name of the subject", &[], Plain(certificate::subject)),
    f("CertSubjectNameOid", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the object identifier of the subject's name", &[], Plain(certificate::name_oid)),
    f("CertThumbprint", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the thumbprint: SHA-1 in hexadecimal", &[], Plain(certificate::hash_string)),
    f("CertVersion", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, TEXT.or(NULL), "the version of the certificate's format", &[], Plain(certificate::version)),
    f("Contains", MultiValued, &[p("attribute", All(TEXT.or(REFERENCE))), p("search", One(TEXT)), p("casetype", Enum(&["CaseInsensitive", "CaseSensitive"]))], 2, NUMBER, "the position of the first value that contains a text, or 0", &["Positions count from 1.", "References must equal the text as names."], Plain(multivalue::contains)),
    f("ConvertFromBase64", Conversion, &[p("source", One(TEXT)), p("encoding", Enum(&["Unicode", "UTF8", "ASCII"]))], 1, TEXT.or(NULL), "text from base64", &["Without an encoding: Unicode (UTF-16, low byte first)."], Plain(conversion::from_base64)),
    f("ConvertFromUTF8Hex", Conversion, &[p("source", One(TEXT))], 1, TEXT.or(NULL), "text from UTF-8 in hexadecimal", &[], Plain(conversion::from_utf8_hex)),
    f("ConvertToBase64", Conversion, &[p("source", One(TEXT.or(BINARY)))], 1, TEXT.or(NULL), "base64 of bytes, or of a text in UTF-16", &[], Plain(conversion::to_base64)),
    f("ConvertToUTF8Hex", Conversion, &[p("source", One(TEXT))], 1, TEXT.or(NULL), "a text as UTF-8 in upper-case hexadecimal", &[], Plain(conversion::to_utf8_hex)),
    f("Count", MultiValued, &[p("attribute", All(ATTRIBUTE))], 1, NUMBER, "how many values there are", &[], Plain(multivalue::count)),
    f("DNComponent", Directory, &[p("dn", One(REFERENCE)), p("componentNumber", One(NUMBER))], 2, TEXT.or(NULL), "the value of a name's component, counted from the left", &[], Plain(directory::component)),
    f("DNComponentRev", Directory, &[p("dn", One(REFERENCE)), p("componentNumber", One(NUMBER)), p("options", Enum(&["DC"]))], 2, TEXT.or(NULL), "the value of a name's component, counted from the right", &["With DC, components named dc do not count."], Plain(directory::component_rev)),
    f("DateAdd", DateTime, &[p("interval", One(TEXT)), p("value", One(NUMBER)), p("date", One(DATE))], 3, DATE.or(NULL), "a date moved by some intervals", &["Intervals: yyyy q m y d w ww h n s."], Plain(date::add)),
    f("DateFromNum", DateTime, &[p("value", One(NUMBER))], 1, DATE.or(NULL), "a date from the directory's count of 100 ns since 1601", &[], Plain(date::from_num)),
    f("Error", ProgramFlow, &[p("message", All(TEXT))], 1, Kinds::NONE, "ends the evaluation; the object gets the error", &[], Plain(logic::error)),
    f("EscapeDNComponent", Directory, &[p("value", One(TEXT))], 1, TEXT.or(NULL), "one component of a name, escaped", &[], Plain(directory::escape)),
    f("FormatDateTime", DateTime, &[p("value", One(DATE)), p("format", One(TEXT))], 2, TEXT.or(NULL), "a date as text by a pattern", &[], Plain(date::format)),
    f("Guid", Text, &[], 0, TEXT, "a new random GUID", &[], Plain(text::guid)),
    f("IIF", ProgramFlow, &[p("condition", Condition), p("valueIfTrue", All(ATTRIBUTE)), p("valueIfFalse", All(ATTRIBUTE))], 3, ANY, "one of two values, by a condition", &[], Own(Iif)),
    Function { returns_many: true, source: Source::DeclarativeProvisioning, ..f("ImportedValue", ProgramFlow, &[p("attribute", AttributeName)], 1, ATTRIBUTE, "an attribute as the last import confirmed it", &[], Own(ImportedValue)) },
    f("InStr", Text, &[p("stringcheck", One(TEXT)), p("stringmatch", One(TEXT)), p("start", One(NUMBER)), p("compare", Enum(&["vbBinaryCompare", "vbTextCompare"]))], 2, NUMBER, "the position of the first occurrence of a text, or 0", &[], Plain(text::in_str)),
    f("InStrRev", Text, &[p("stringcheck", One(TEXT)), p("stringmatch", One(TEXT)), p("start", One(NUMBER)), p("compare", Enum(&["vbBinaryCompare", "vbTextCompare"]))], 2, NUMBER, "the position of the last occurrence of a text, or 0", &["A start says where the occurrence must have ended."], Plain(text::in_str_rev)),
    f("IsBitSet", Evaluation, &[p("value", One(NUMBER)), p("flag", One(NUMBER))], 2, BOOLEAN, "whether the bits of a flag are set in a number", &[], Plain(logic::is_bit_set)),
    f("IsCert", Certificate, &[p("certificateRawData", One(BINARY.or(TEXT)))], 1, BOOLEAN, "whether the bytes are a certificate", &["Nothing is no certificate."], Plain(certificate::is_cert)),
    f("IsDate", Evaluation, &[p("expression", All(ATTRIBUTE))], 1, BOOLEAN, "whether CDate can read it", &[], Plain(logic::is_date)),
    f("IsEmpty", Evaluation, &[p("expression", All(ATTRIBUTE))], 1, BOOLEAN, "whether it is there, but empty text", &[], Plain(logic::is_empty)),
    f("IsGuid", Evaluation, &[p("GUID", All(ATTRIBUTE))], 1, BOOLEAN, "whether CGuid can read it", &[], Plain(logic::is_guid)),
    f("IsNull", Evaluation, &[p("expression", All(ATTRIBUTE))], 1, BOOLEAN, "whether it is absent", &[], Plain(logic::is_null)),
    f("IsNullOrEmpty", Evaluation, &[p("expression", All(ATTRIBUTE))], 1, BOOLEAN, "whether it is absent or empty text", &[], Plain(logic::is_null_or_empty)),
    f("IsNumeric", Evaluation, &[p("expression", All(ATTRIBUTE))], 1, BOOLEAN, "whether CNum can read it", &[], Plain(logic::is_numeric)),
    f("IsPresent", Evaluation, &[p("expression", All(ATTRIBUTE))], 1, BOOLEAN, "whether it is neither absent nor empty text", &[], Plain(logic::is_present)),
    f("IsString", Evaluation, &[p("expression", All(ATTRIBUTE))], 1, BOOLEAN, "whether it is text", &[], Plain(logic::is_string)),
    f("Item", MultiValued, &[p("attribute", All(ATTRIBUTE)), p("index", One(NUMBER))], 2, ATTRIBUTE, "the value at a position", &["Positions count from 1; any other is an error."], Plain(multivalue::item)),
    f("ItemOrNull", MultiValued, &[p("attribute", All(ATTRIBUTE)), p("index", One(NUMBER))], 2, ATTRIBUTE, "the value at a position, or nothing", &["Positions count from 1."], Plain(multivalue::item_or_null)),
    f("Join", MultiValued, &[p("attribute", All(TEXT)), p("delimiter", One(TEXT))], 1, TEXT.or(NULL), "all values in one text", &["Without a delimiter: one blank. NULL and empty text join without one."], Plain(multivalue::join)),
    f("LCase", Text, &[p("value", One(TEXT))], 1, TEXT.or(NULL), "lower case", &[], Plain(text::lcase)),
    f("LTrim", Text, &[p("value", One(TEXT))], 1, TEXT.or(NULL), "without white space at the beginning", &[], Plain(text::ltrim)),
    f("Left", Text, &[p("string", One(TEXT)), p("numChars", One(NUMBER))], 2, TEXT, "the first characters", &["0 gives empty text, a negative number the whole text, NULL empty text."], Plain(text::left)),
    f("Len", Text, &[p("value", One(TEXT.or(BINARY)))], 1, NUMBER, "how many characters", &[], Plain(text::len)),
    f("Mid", Text, &[p("string", One(TEXT.or(BINARY))), p("start", One(NUMBER)), p("numChars", One(NUMBER))], 2, TEXT.or(BINARY), "characters from a position on", &["0 characters give empty text; NULL gives empty text.", "A negative number, or a start before 1 or behind the end, gives the whole text."], Plain(text::mid)),
    f("Now", DateTime, &[], 0, DATE, "the time of the evaluation", &[], Plain(date::now)),
    f("NumFromDate", DateTime, &[p("value", One(DATE))], 1, NUMBER.or(NULL), "the directory's count of 100 ns since 1601 for a date", &[], Plain(date::to_num)),
    f("PCase", Text, &[p("string", One(TEXT))], 1, TEXT.or(NULL), "each word with a capital and small letters", &[], Plain(text::pcase)),
    f("PadLeft", Text, &[p("string", One(TEXT)), p("length", One(NUMBER)), p("padCharacter", One(TEXT))], 3, TEXT, "filled up at the beginning", &["NULL gives empty text; a text that is long enough stays."], Plain(text::pad_left)),
    f("PadRight", Text, &[p("string", One(TEXT)), p("length", One(NUMBER)), p("padCharacter", One(TEXT))], 3, TEXT, "filled up at the end", &["NULL gives empty text; a text that is long enough stays."], Plain(text::pad_right)),
    f("RTrim", Text, &[p("value", One(TEXT))], 1, TEXT.or(NULL), "without white space at the end", &[], Plain(text::rtrim)),
    f("RandomNum", Math, &[p("start", One(NUMBER)), p("end", One(NUMBER))], 2, NUMBER, "a random number between two limits", &["Both limits can come out."], Plain(logic::random_num)),
    Function { returns_many: true, ..f("RemoveDuplicates", MultiValued, &[p("attribute", All(ATTRIBUTE))], 1, ATTRIBUTE, "each value once, at its first place", &[], Plain(multivalue::remove_duplicates)) },
    f("Replace", Text, &[p("string", One(TEXT)), p("oldValue", One(TEXT)), p("newValue", One(TEXT))], 3, TEXT.or(NULL), "every occurrence of a text replaced", &["\\n, \\r and \\t stand for line feed, carriage return and tab, in both texts."], Plain(text::replace)),
    f("ReplaceChars", Text, &[p("string", One(TEXT)), p("replacePattern", One(TEXT))], 2, TEXT.or(NULL), "characters replaced by a list such as ö:oe,ß:ss", &["White space in the list does not count; comma and colon cannot be replaced; an empty replacement removes."], Plain(text::replace_chars)),
    f("Right", Text, &[p("string", One(TEXT)), p("numChars", One(NUMBER))], 2, TEXT, "the last characters", &["0 gives empty text, a negative number the whole text, NULL empty text."], Plain(text::right)),
    Function { returns_many: true, ..f("Select", ProgramFlow, &[p("item", Variable), p("attribute", All(ATTRIBUTE)), p("function", All(ATTRIBUTE))], 3, ATTRIBUTE, "each value, changed by a function", &[], Own(Select)) },
    Function { returns_many: true, ..f("Split", MultiValued, &[p("value", One(TEXT)), p("delimiter", One(TEXT)), p("limit", One(NUMBER))], 2, TEXT.or(NULL), "several values from one text", &[], Plain(multivalue::split)) },
    f("StringFromGuid", Conversion, &[p("GUID", One(BINARY))], 1, TEXT.or(NULL), "the text of a GUID's bytes", &["Other than 16 bytes is an error."], Plain(conversion::string_from_guid)),
    f("StringFromSid", Conversion, &[p("objectSID", One(BINARY))], 1, TEXT.or(NULL), "the text of a security identifier's bytes", &["Bytes that are no security identifier are an error."], Plain(conversion::string_from_sid)),
    Function { repeats: true, ..f("Switch", ProgramFlow, &[p("expr", Condition), p("value", All(ATTRIBUTE))], 2, ANY, "the value of the first condition that holds", &["NULL if none holds."], Own(Switch)) },
    Function { source: Source::ShippedRules, ..f("Thumbprint", Conversion, &[p("value", One(BINARY))], 1, BINARY.or(NULL), "the SHA-256 hash of bytes", &[], Plain(conversion::thumbprint)) },
    f("Trim", Text, &[p("value", One(TEXT))], 1, TEXT.or(NULL), "without white space at both ends", &[], Plain(text::trim)),
    f("UCase", Text, &[p("value", One(TEXT))], 1, TEXT.or(NULL), "upper case", &[], Plain(text::ucase)),
    Function { source: Source::ShippedRules, ..f("ValueCount", MultiValued, &[p("attribute", AttributeName)], 1, NUMBER, "how many values an attribute has", &["Nothing counts 0."], Own(ValueCount)) },
    Function { returns_many: true, ..f("Where", ProgramFlow, &[p("item", Variable), p("attribute", All(ATTRIBUTE)), p("condition", Condition)], 3, ATTRIBUTE, "the values for which a condition holds", &[], Own(Where)) },
    f("With", ProgramFlow, &[p("variable", Variable), p("subExpression", All(ATTRIBUTE)), p("complexExpression", All(ATTRIBUTE))], 3, ANY, "an expression in which a variable stands for another", &[], Own(With)),
    f("Word", Text, &[p("string", One(TEXT)), p("wordNumber", One(NUMBER)), p("delimiters", One(TEXT))], 3, TEXT, "a word of a text, by delimiters", &["A number below 1, too few words or NULL give empty text.", "Each character of the delimiters counts by itself."], Plain(text::word)),
];
