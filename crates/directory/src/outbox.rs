//! Objects on their way to the taker: some at a time, for waking a task for each of them costs more than reading it.
use dirlift_model::CsObject;
use tokio::sync::mpsc;

use crate::{error::DirectoryError, report::Report};

/// Parcels that wait to be taken.
const WAITING: usize = 4;

/// Objects of a parcel.
const OBJECTS: usize = 64;

/// Values after which a parcel is full: a large group travels almost alone.
const VALUES: usize = 5_000;

/// What comes through the channel.
#[derive(Debug)]
pub(crate) enum Sent {
    /// Some objects, in order.
    Objects(Vec<CsObject>),
    /// The end, and whether it was a good one.
    End(Box<Report>, Option<DirectoryError>),
}

/// The taker went away.
#[derive(Debug)]
pub(crate) struct Gone;

/// Collects objects and hands them on.
#[derive(Debug)]
pub(crate) struct Outbox {
    sender: mpsc::Sender<Sent>,
    parcel: Vec<CsObject>,
    n_values: usize,
}

impl Outbox {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Sent>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender, parcel: Vec::new(), n_values: 0 }, receiver)
    }

    /// What the end goes through.
    pub(crate) fn sender(&self) -> mpsc::Sender<Sent> {
        self.sender.clone()
    }

    /// Adds an object; one of the methods that send has to follow.
    pub(crate) fn add(&mut self, object: CsObject) {
        self.n_values += object.attributes().iter().map(|it| it.values.len()).sum::<usize>();
        self.parcel.push(object);
    }

    /// Sends the parcel if it is full, as soon as there is room.
    pub(crate) async fn send_full(&mut self) -> Result<(), Gone> {
        if self.is_full() { self.send_all().await } else { Ok(()) }
    }

    /// Sends what there is.
    pub(crate) async fn send_all(&mut self) -> Result<(), Gone> {
        match self.parcel() {
            Some(parcel) => self.sender.send(parcel).await.map_err(|_| Gone),
            None => Ok(()),
        }
    }

    /// [`Outbox::send_full`] outside a runtime's own threads.
    pub(crate) fn send_full_blocking(&mut self) -> Result<(), Gone> {
        if self.is_full() { self.send_all_blocking() } else { Ok(()) }
    }

    /// [`Outbox::send_all`] outside a runtime's own threads.
    pub(crate) fn send_all_blocking(&mut self) -> Result<(), Gone> {
        self.parcel().map_or(Ok(()), |it| self.sender.blocking_send(it).map_err(|_| Gone))
    }

    fn is_full(&self) -> bool {
        self.parcel.len() >= OBJECTS || self.n_values >= VALUES
    }

    fn parcel(&mut self) -> Option<Sent> {
        self.n_values = 0;
        let parcel = std::mem::replace(&mut self.parcel, Vec::with_capacity(OBJECTS));
        (!parcel.is_empty()).then_some(Sent::Objects(parcel))
    }
}

#[cfg(test)]
mod tests {
    use dirlift_model::AttributeValue;

    use super::*;

    fn object(n_values: usize) -> CsObject {
        let mut object = CsObject::new("CN=a".parse().unwrap(), "group");
        object.set("member".into(), vec![AttributeValue::Integer(1); n_values]);
        object
    }

    #[test]
    fn parcels_are_bounded_by_objects_and_by_values() {
        let cases: [(&[usize], &[usize]); 4] = [
            (&[1; 130], &[64, 64, 2]),
            (&[4_999, 1, 1], &[2, 1]),
            (&[250_000, 250_000], &[1, 1]),
            (&[], &[]),
        ];
        for (objects, expected) in cases {
            let (mut outbox, mut sent) = Outbox::new();
            for n_values in objects {
                outbox.add(object(*n_values));
                outbox.send_full_blocking().unwrap();
            }
            outbox.send_all_blocking().unwrap();
            drop(outbox);
            let mut parcels = Vec::new();
            while let Some(Sent::Objects(parcel)) = sent.blocking_recv() {
                parcels.push(parcel.len());
            }
            assert_eq!(parcels, expected);
        }
        let (mut outbox, sent) = Outbox::new();
        drop(sent);
        outbox.add(object(1));
        assert!(outbox.send_all_blocking().is_err(), "nobody is there");
    }
}
