//! The part of Transact-SQL that readers of a synchronisation database use, evaluated over tables in memory.
//!
//! `SELECT [TOP (n)] expressions [FROM table [WITH (NOLOCK)]] [WHERE tests joined by AND] [GROUP BY columns]
//! [HAVING COUNT_BIG(column) >= n] [ORDER BY columns]`. Names and texts compare without regard to ASCII case.
mod evaluate;
mod parse;

pub(super) use evaluate::run;
