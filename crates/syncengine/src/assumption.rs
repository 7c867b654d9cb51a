//! Open points of the language: where the documentation is silent, unclear, or broken by the shipped rules.
//!
//! Each row has a case in `tests/cases/` whose evaluation names it. Rows are never reused.
use std::fmt;

/// One open point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the table below says what each one means")]
pub enum Assumption {
    Priority,
    Quote,
    Backslash,
    Hex,
    WordCase,
    NameCase,
    Parameter,
    Case,
    OrderText,
    CompareOther,
    NullCompare,
    NullLogic,
    NullArithmetic,
    NullConcat,
    NullText,
    NullBits,
    NullList,
    EmptyText,
    ConcatOther,
    BinaryText,
    Overflow,
    LazyLogic,
    LazyIif,
    Switch,
    MultiPair,
    MultiIif,
    MultiNull,
    CBoolNull,
    CBoolText,
    CNumText,
    CNumBinary,
    CBin,
    Thumbprint,
    ValueCount,
    Imported,
    CRefInvalid,
    GuidBytes,
    Encoding,
    Random,
    Now,
    DateForm,
    DateZone,
    DateRange,
    DateAddDays,
    DateAddCut,
    FormatDate,
    CertLocal,
    CertName,
    CertNothing,
    DnRaw,
    DnOutside,
    EscapeType,
    BitsAll,
    IsString,
    PresentOther,
    ContainsReference,
    DuplicateCase,
    SplitDelimiter,
    SplitLimit,
    SplitEmpty,
    Length,
    TrimSpace,
    CaseTable,
    PCaseSpace,
    MidTwo,
    MidOutside,
    InStrCase,
    InStrStart,
    InStrEmpty,
    ReplaceEmpty,
    ReplaceCase,
    ReplaceCharsItem,
    PadChar,
    WordWhole,
    WordEmpty,
    ScopeCase,
    ScopeNull,
    ScopeMany,
    ScopeNumber,
    ScopeBits,
    RuleError,
    RuleKeep,
    RuleStop,
    RuleSpelling,
}

/// What is known and chosen for one open point.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The point.
    pub assumption: Assumption,
    /// Its name in every output; never changes its meaning.
    pub id: &'static str,
    /// What is open.
    pub point: &'static str,
    /// How it is read here.
    pub reading: &'static str,
    /// Why.
    pub reason: &'static str,
    /// What differs if the reading is wrong.
    pub effect: &'static str,
}

impl Assumption {
    /// Its row.
    pub fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Its name, such as `A-CASE`.
    pub fn id(self) -> &'static str {
        self.row().id
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// The open points that an evaluation relied on.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct AssumptionSet(u128);

impl AssumptionSet {
    /// Adds one.
    pub fn insert(&mut self, assumption: Assumption) {
        self.0 |= 1 << assumption as u8;
    }

    /// Adds one if it mattered.
    pub(crate) fn insert_if(&mut self, matters: impl Into<bool>, assumption: Assumption) {
        if matters.into() {
            self.insert(assumption);
        }
    }

    /// Whether it is in the set.
    pub const fn contains(self, assumption: Assumption) -> bool {
        self.0 & (1 << assumption as u8) != 0
    }

    /// What is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether everything of another set is in this one.
    pub(crate) const fn includes(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether nothing was assumed.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Assumption> {
        TABLE.iter().map(|it| it.assumption).filter(move |it| self.contains(*it))
    }
}

impl fmt::Debug for AssumptionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Assumption::id)).finish()
    }
}

const fn row(
    assumption: Assumption,
    id: &'static str,
    point: &'static str,
    reading: &'static str,
    reason: &'static str,
    effect: &'static str,
) -> Row {
    Row { assumption, id, point, reading, reason, effect }
}

/// Every open point, in the order of the enumeration.
#[rustfmt::skip] // one line a row
pub const TABLE: &[Row] = &[
    row(Assumption::Priority, "A-PRIORITY", "Priority of operators", "Arithmetic and & bind before comparison, comparison before &&, && before ||; equal ones from left to right.", "The documentation says all operators are alike, from left to right. Read so, the condition of the shipped rule In from AD - User Join is a type error for every user.", "An expression without brackets decides otherwise; each one whose readings differ gets a warning, and Priority::LeftToRight gives the other."),
    row(Assumption::Quote, "A-QUOTE", "A quotation mark inside a text", "It is written twice.", "No escape is documented; Visual Basic, whose subset the language is, doubles it.", "A text with a quotation mark would not be read at all."),
    row(Assumption::Backslash, "A-BACKSLASH", "A backslash inside a text", "Two backslashes are one; a single one stands for itself.", "The shipped rules look for \\\\0ACNF: in names that have one backslash; Replace needs \\n as it stands.", "Conflict objects are not recognised, or Replace misses its signs."),
    row(Assumption::Hex, "A-HEX", "The sign of &H numbers", "They are positive up to 63 bits.", "Visual Basic would read &H80000000 as negative; directory numbers have 64 bits.", "A mask of the highest bit of 32 meets other values."),
    row(Assumption::WordCase, "A-WORD-CASE", "The case of built-in words", "True, NULL and the others are read in any case.", "Only functions and attributes are documented as case-sensitive.", "An expression with such a word would be refused."),
    row(Assumption::NameCase, "A-NAME-CASE", "The case of attribute names", "It does not count.", "The documentation says it counts; the directory's schema does not tell names apart by case, so no other attribute can be meant.", "The server reports an error for the expression where this engine evaluates it."),
    row(Assumption::Parameter, "A-PARAMETER", "A parameter that nobody defines", "It is an error.", "A value that is silently empty would be exported.", "The flow would contribute nothing or an empty part."),
    row(Assumption::Case, "A-CASE", "Case in = and <>", "Texts are equal only with equal case.", "Contains and the binary comparison of InStr count case; source anchors in base64 differ by it.", "Conditions on names typed in several ways decide otherwise."),
    row(Assumption::OrderText, "A-ORDER-TEXT", "Order of texts in < and >", "By Unicode number.", "Not documented; no shipped rule does it.", "Letters of different case or with accents sort elsewhere."),
    row(Assumption::CompareOther, "A-COMPARE-OTHER", "Comparing a text with a number, boolean or reference", "The text is read as the other type; if that fails, the two are unequal, and an order is an error.", "Directories deliver numbers and booleans as text when a schema is missing.", "The comparison is an error."),
    row(Assumption::NullCompare, "A-NULL-COMPARE", "NULL in a comparison", "NULL equals NULL only; < and > with NULL are false.", "The shipped rules compare absent attributes (sAMAccountName = …) and expect false.", "A condition on an absent attribute is neither true nor false and the flow has an error."),
    row(Assumption::NullLogic, "A-NULL-LOGIC", "NULL as a condition", "It is false.", "The shipped rules write [attribute] = True beside IIF and take absence for no.", "An error instead of the second branch."),
    row(Assumption::NullArithmetic, "A-NULL-ARITHMETIC", "NULL in + - *", "The result is NULL.", "Visual Basic does so.", "An error, or NULL counts 0."),
    row(Assumption::NullConcat, "A-NULL-CONCAT", "NULL in &", "It is empty text.", "Visual Basic does so.", "The whole text is NULL and contributes nothing."),
    row(Assumption::NullText, "A-NULL-TEXT", "NULL in text and conversion functions", "NULL where the reference does not say empty text; length and position are 0.", "The reference gives empty text for Left, Right, Mid, Word and padding only; shipped rules look into the absent mailNickname with InStr.", "An absent attribute leads to an error or to empty text."),
    row(Assumption::NullBits, "A-NULL-BITS", "NULL in BitAnd, BitOr, IsBitSet", "NULL, and False for IsBitSet.", "A number that is absent has no bits.", "accountEnabled would be True for an object without userAccountControl."),
    row(Assumption::NullList, "A-NULL-LIST", "Count and Contains of nothing", "0.", "Shipped rules compare Contains([proxyAddresses], …) with 0 beside a test for presence.", "An error for objects without the attribute."),
    row(Assumption::EmptyText, "A-EMPTY-TEXT", "Empty text as the result of a flow", "It counts as no value.", "Left(Trim(NULL), 448) is empty text by the reference, and a directory cannot hold an empty value.", "Empty values are exported or hide the next rule."),
    row(Assumption::ConcatOther, "A-CONCAT-OTHER", "Numbers and booleans in &", "They are joined as text: digits, True, False.", "Visual Basic does so.", "A type error."),
    row(Assumption::BinaryText, "A-BINARY-TEXT", "Binary values in Mid, Len and &", "They work byte by byte, positions from 1.", "The shipped rule User NGCKey cuts and joins searchableDeviceKey so.", "The key cannot be computed."),
    row(Assumption::Overflow, "A-OVERFLOW", "Numbers beyond 64 bits", "An error.", "A number that wraps round would be exported.", "A wrong number instead of an error."),
    row(Assumption::LazyLogic, "A-LAZY-LOGIC", "&& and || when the left side decides", "The right side is not evaluated.", "The shipped rule for mailEnabled calls Item with index 0 on its right side.", "Errors for objects without a primary address."),
    row(Assumption::LazyIif, "A-LAZY-IIF", "The branch that IIF does not take", "It is not evaluated.", "Shipped rules call Error in it.", "Every such flow ends in an error."),
    row(Assumption::Switch, "A-SWITCH", "What Switch evaluates", "All conditions, and the value of the first that holds only.", "The reference says all expressions are evaluated, yet its example has Error as a value.", "An error in a later condition or value counts or does not."),
    row(Assumption::MultiPair, "A-MULTI-PAIR", "Two multi-valued parts in one operation", "They are taken pair by pair and must have equally many values.", "Documented for one attribute only, which two uses pair with itself.", "Other combinations, or an error."),
    row(Assumption::MultiIif, "A-MULTI-IIF", "IIF with one condition for each value", "It decides for each value; NULL removes the value.", "The documentation removes the SIP address from proxyAddresses so.", "All values or none would be kept."),
    row(Assumption::MultiNull, "A-MULTI-NULL", "NULL for one of several values", "That value is left out.", "The documented example of IIF over proxyAddresses.", "An empty value remains."),
    row(Assumption::CBoolNull, "A-CBOOL-NULL", "CBool of NULL", "False.", "The shipped rules join CBool(IIF(…, NULL)) with || for every user without a mailbox.", "cloudFiltered is an error for every such user."),
    row(Assumption::CBoolText, "A-CBOOL-TEXT", "CBool of a text", "True and False in any case, or a number; other text is an error.", "Only numbers are documented.", "An error for booleans that arrive as text."),
    row(Assumption::CNumText, "A-CNUM-TEXT", "What CNum reads", "A whole number with an optional sign; white space around it does not count.", "Only whole numbers exist in the language.", "Texts with a decimal point or &H would be numbers."),
    row(Assumption::CNumBinary, "A-CNUM-BINARY", "CNum of binary", "Up to eight bytes, the lowest first.", "The shipped rule User NGCKey reads a length so, and MS-ADTS 2.2.20 stores lengths lowest byte first.", "A wrong length, and a key that is cut wrongly."),
    row(Assumption::CBin, "A-CBIN", "CBin", "The number in so many bytes, the lowest first; too large a number is an error.", "Only the shipped rule User NGCKey uses it, to write entries of MS-ADTS 2.2.20.", "The device key that is written back is wrong."),
    row(Assumption::Thumbprint, "A-THUMBPRINT", "Thumbprint", "SHA-256 of the bytes.", "The shipped rule writes it as entry 2 of a key, which MS-ADTS 2.2.20 defines as a SHA-256 hash.", "The device key that is written back is wrong."),
    row(Assumption::ValueCount, "A-VALUECOUNT", "ValueCount of nothing", "0; the attribute is named in quotation marks.", "memberCount of an empty group must be below 50,000, or it is never exported.", "Empty groups are not exported."),
    row(Assumption::Imported, "A-IMPORTED", "ImportedValue", "The value the last import confirmed; the present one where the caller knows no other.", "One sentence of documentation.", "Values exported but not yet imported count or do not."),
    row(Assumption::CRefInvalid, "A-CREF-INVALID", "CRef of a text that is no name", "An error.", "A reference to nowhere cannot be exported.", "The flow contributes nothing instead."),
    row(Assumption::GuidBytes, "A-GUID-BYTES", "The bytes of a GUID", "As the directory stores them, the first three groups lowest byte first.", "objectGUID is stored so (MS-DTYP 2.3.4.2).", "GUID texts and bytes do not belong together."),
    row(Assumption::Encoding, "A-ENCODING", "Bytes that are no text of the encoding", "An error; ASCII gives a question mark for each.", "Damaged text should not be exported; .NET's ASCII does that.", "Replacement characters in values."),
    row(Assumption::Random, "A-RANDOM", "Guid and RandomNum", "From a seed, so that the same input gives the same result; both limits can come out.", "A rehearsal must be repeatable.", "Values differ from the server's in any case."),
    row(Assumption::Now, "A-NOW", "Now", "The time the caller gives, the same in a whole run.", "A rehearsal must be repeatable.", "Certificates and dates near the moment fall on the other side."),
    row(Assumption::DateForm, "A-DATE-FORM", "What CDate reads", "2013-01-10, 1/10/2013 with the month first, with a time of 24 or 12 hours and a zone, or the directory's generalized time.", "The examples of the reference; 12/25/2007 shows that the month comes first.", "Dates with the day first are read wrongly or refused."),
    row(Assumption::DateZone, "A-DATE-ZONE", "A date without a zone", "UTC.", "The reference says the result is always UTC.", "Dates shift by the server's zone."),
    row(Assumption::DateRange, "A-DATE-RANGE", "Numbers and dates outside 1601 to 9999", "An error, such as for accountExpires of never.", ".NET dates end there.", "A date of another kind, or no value."),
    row(Assumption::DateAddDays, "A-DATEADD-DAYS", "DateAdd with y and w", "Days.", "Visual Basic does so.", "Years or weeks are added."),
    row(Assumption::DateAddCut, "A-DATEADD-CUT", "DateAdd of months to a day that does not exist", "The last day of the month.", "Visual Basic does so.", "The first days of the next month."),
    row(Assumption::FormatDate, "A-FORMAT-DATE", "Patterns of FormatDateTime", ".NET custom patterns with English names; one letter is one of d D g G r s t T u.", "The reference links a page on such patterns; the shipped rule uses yyyyMMddHHmmss.0Z.", "Single patterns give other text."),
    row(Assumption::CertLocal, "A-CERT-LOCAL", "Local time of certificates", "UTC.", "The reference says local time, which a rehearsal elsewhere cannot know.", "A certificate's end shifts by the server's zone."),
    row(Assumption::CertName, "A-CERT-NAME", "The text of names in certificates", "As Windows writes them: last part first, joined by comma and blank; S and E for state and mail.", "The functions name .NET properties that do so.", "Texts differ in order or spelling."),
    row(Assumption::CertNothing, "A-CERT-NOTHING", "Friendly name and name identifiers", "Nothing.", "The bytes of a certificate do not carry them.", "Empty text instead of nothing."),
    row(Assumption::DnRaw, "A-DN-RAW", "Escapes in DNComponent", "They stay.", "The shipped rules look for the backslash of a conflict object in it.", "Conflict objects are not recognised."),
    row(Assumption::DnOutside, "A-DN-OUTSIDE", "A component that is not there", "Nothing.", "Not documented.", "An error or empty text."),
    row(Assumption::EscapeType, "A-ESCAPE-TYPE", "EscapeDNComponent of cn=value", "The value is escaped, the type and its equals sign stay.", "The example passes a component with its type.", "The equals sign is escaped and the name is broken."),
    row(Assumption::BitsAll, "A-BITS-ALL", "IsBitSet with several bits or none", "All bits of the flag must be set; no bit is never set.", "The reference speaks of one bit.", "A mask of several bits decides otherwise."),
    row(Assumption::IsString, "A-ISSTRING", "IsString of numbers, booleans and references", "False: it asks for the type.", "The shipped rules ask whether objectGUID is a text; the reference also mentions CStr.", "True for values that CStr can convert."),
    row(Assumption::PresentOther, "A-PRESENT-OTHER", "IsPresent of values that are no text", "True, whatever the value.", "isCriticalSystemObject and msExchRecipientTypeDetails are asked so by the shipped rules.", "An object with False or 0 counts as absent."),
    row(Assumption::ContainsReference, "A-CONTAINS-REFERENCE", "Contains on references", "The text must be the same name; case does not count.", "The reference asks for an exact match; names compare without case in the directory.", "A name in other case is not found."),
    row(Assumption::DuplicateCase, "A-DUPLICATE-CASE", "RemoveDuplicates of texts that differ in case", "Both stay.", "SMTP: and smtp: mean different things.", "One of them disappears."),
    row(Assumption::SplitDelimiter, "A-SPLIT-DELIMITER", "Split with a delimiter of several characters or none", "An error.", "The reference asks for a single character.", "The first character would count."),
    row(Assumption::SplitLimit, "A-SPLIT-LIMIT", "Split with a limit", "The last value has the whole rest.", "Visual Basic does so.", "The rest is lost."),
    row(Assumption::SplitEmpty, "A-SPLIT-EMPTY", "Empty parts in Split", "They are left out.", "An attribute has no empty values.", "Positions in the list shift."),
    row(Assumption::Length, "A-LENGTH", "Length and positions beyond the basic plane", "One character counts 1.", "Build 2.1.1.0 mended functions that cut such characters in two.", "Texts with such characters are cut elsewhere."),
    row(Assumption::TrimSpace, "A-TRIM-SPACE", "What Trim removes", "All Unicode white space, tabs and line ends too.", "The reference says white space.", "Other characters stay at the ends."),
    row(Assumption::CaseTable, "A-CASE-TABLE", "Upper and lower case beyond ASCII", "Unicode's full tables, without regard to a language.", "Not documented.", "Single letters such as Turkish i or sharp s differ."),
    row(Assumption::PCaseSpace, "A-PCASE-SPACE", "Where PCase begins a word", "After a blank only.", "The reference says space delimited words.", "Capitals after hyphens and apostrophes."),
    row(Assumption::MidTwo, "A-MID-TWO", "Mid without a number of characters", "Everything from the start on.", "An example of the reference (at Item) leaves it out.", "The expression would be refused."),
    row(Assumption::MidOutside, "A-MID-OUTSIDE", "Mid beyond the end", "The whole text, as documented.", "The reference says so, against what one would expect.", "Empty text instead."),
    row(Assumption::InStrCase, "A-INSTR-CASE", "Case in InStr without a compare word", "It counts.", "Visual Basic's default; the reference does not say.", "More texts are found."),
    row(Assumption::InStrStart, "A-INSTR-START", "A start outside the text in InStr and InStrRev", "Below 1 is an error, behind the end gives 0.", "Visual Basic does so.", "An error, or a search from the beginning."),
    row(Assumption::InStrEmpty, "A-INSTR-EMPTY", "InStr of empty text", "The start; 0 in an empty text.", "Visual Basic does so.", "0."),
    row(Assumption::ReplaceEmpty, "A-REPLACE-EMPTY", "Replace of empty text", "Nothing changes.", "Visual Basic does so.", "An error."),
    row(Assumption::ReplaceCase, "A-REPLACE-CASE", "Case in Replace", "It counts.", "The reference speaks of occurrences of a string.", "More is replaced."),
    row(Assumption::ReplaceCharsItem, "A-REPLACECHARS-ITEM", "An item of ReplaceChars without a colon or with a long source", "An error.", "The reference calls a long source a parsing error; its example has a comma for a colon once, taken as a misprint.", "The item is skipped."),
    row(Assumption::PadChar, "A-PAD-CHAR", "A pad character that is not one character", "An error.", "The reference asks for a single character.", "The first character would count."),
    row(Assumption::WordWhole, "A-WORD-WHOLE", "Word 1 of a text without a delimiter", "The whole text.", "It is the first string of characters; the sentence on texts without words is taken for texts of delimiters only.", "Empty text."),
    row(Assumption::WordEmpty, "A-WORD-EMPTY", "Delimiters side by side in Word", "There is an empty word between them.", "Each delimiter separates.", "Later words move forward."),
    row(Assumption::ScopeCase, "A-SCOPE-CASE", "Case in scoping filters", "It does not count.", "The shipped rules write TRUE, True and true for one value.", "Filters on values typed in several ways decide otherwise."),
    row(Assumption::ScopeNull, "A-SCOPE-NULL", "An absent attribute in a scoping filter", "Operators with NOT hold, the others do not.", "isCriticalSystemObject NOTEQUAL TRUE must hold for users, who do not have it.", "Nobody would be in scope of the shipped rules."),
    row(Assumption::ScopeMany, "A-SCOPE-MANY", "Several values in a scoping filter, and ISIN", "One value that fits is enough; with NOT, none may fit. ISIN asks the same as EQUAL.", "The documentation calls ISIN the form of EQUAL for several values.", "All values would have to fit."),
    row(Assumption::ScopeNumber, "A-SCOPE-NUMBER", "Numbers in a scoping filter", "If both sides are whole numbers they compare as numbers.", "memberCount LESSTHAN 50000 must hold for 9.", "A small group is not exported."),
    row(Assumption::ScopeBits, "A-SCOPE-BITS", "ISBITSET with several bits", "All bits must be set; ISBITNOTSET is its denial.", "As IsBitSet.", "A mask of several bits decides otherwise."),
    row(Assumption::RuleError, "A-RULE-ERROR", "An error in a flow of lower precedence", "It counts only if no rule of higher precedence gave a value; flows behind the first value are not evaluated.", "Precedence is described as asking the next rule only when there is no contribution.", "An object has an error although its value is decided."),
    row(Assumption::RuleKeep, "A-RULE-KEEP", "Merge and MergeCaseInsensitive in outbound rules", "The values that the target has stay, the contributed ones are added; NULL changes nothing.", "Otherwise the shipped writeback rules would wipe proxyAddresses of groups and contacts in Active Directory.", "Values that only the target has are removed."),
    row(Assumption::RuleStop, "A-RULE-STOP", "AuthoritativeNull in a merged attribute", "Rules of lower precedence do not contribute; what higher ones gave stays.", "The documentation says that lower precedence may not contribute.", "All values are removed, or the word changes nothing."),
    row(Assumption::RuleSpelling, "A-RULE-SPELLING", "Values that differ in case under MergeCaseInsensitive", "The spelling that the target has stays, then the one of the highest precedence.", "Not documented; an export that only changes case would help nobody.", "The value is exported in another spelling."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_at_their_place() {
        for (idx, row) in TABLE.iter().enumerate() {
            assert_eq!(row.assumption as usize, idx, "{}", row.id);
            assert!(TABLE.iter().filter(|it| it.id == row.id).count() == 1, "{}", row.id);
        }
        assert!(TABLE.len() <= 128, "the set has 128 places");
    }
}
