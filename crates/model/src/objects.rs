//! Objects one after the other, from a reader that lies in another crate.
use std::error::Error;

use crate::CsObject;

/// Gives the objects of a connector space one by one: the port through which an export of one, whose reader is in
/// `serverconfig`, comes to `directory` and `entra`.
pub trait Objects: Send {
    /// The next object that the directory has; `None` at the end. After an error nothing more comes.
    fn next_object(&mut self) -> Result<Option<CsObject>, Box<dyn Error + Send + Sync>>;

    /// What was left out or is in doubt, a sentence each; complete once the end has come.
    fn remarks(&self) -> Vec<String>;
}
