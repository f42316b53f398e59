//! The vocabulary of dadns.
