//! The text view: the verdict first, then what migrates, then findings, gaps and the network.
mod findings;
mod settings;
mod verdict;

use dirlift_model::Analysis;

use crate::page::Page;

/// How the text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Columns; a word that is longer than a line stands alone.
    pub width: usize,
    /// Colour codes (ECMA-48) around words that matter; the text says the same without them.
    pub color: bool,
}

/// Writes the analysis for people.
pub fn text(analysis: &Analysis, options: &TextOptions) -> String {
    let mut page = Page::new(options.width, options.color);
    verdict::write(&mut page, analysis);
    settings::write(&mut page, analysis.settings.as_ref());
    findings::accounts(&mut page, &analysis.source);
    findings::findings(&mut page, &analysis.findings);
    findings::not_checked(&mut page, &analysis.not_checked);
    findings::network(&mut page, &analysis.network);
    page.finish()
}
