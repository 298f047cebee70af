//! What a check costs, beside what else decides.
//!
//! | module | holds |
//! | --- | --- |
//! | [`policy`] | random policies of three sizes, and Google Cloud's roles with random users |
//! | [`query`] | who asks for what: users by Zipf's law, half of it allowed |
//! | [`contender`] | all that is asked: bit sets, hash maps, and upr |
//! | [`race`] | asking all of them in turns, and what one of them takes |
//! | [`table`] | figures as a table; the file of the other benches |

pub mod contender;
pub mod policy;
pub mod query;
pub mod race;
#[path = "../../src/table.rs"]
pub mod table;
