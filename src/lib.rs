//! stacklint reads the text that engineers copy out of WinDbg, cdb and SOS, leak reports of DebugDiag and recordings of
//! counters, and reports known-bad patterns with proof and a measure of how sure it is.
//!
//! The rooms below are listed in reading order, and each uses only those above it.
//!
//! ```
//! use stacklint::engine::{CaseScan, Sieve};
//! use stacklint::formats;
//! use stacklint::rules::{Origin, builtin_sources, compile};
//!
//! let pack = builtin_sources().into_iter().map(|source| (source, Origin::Builtin { with_rules: true }));
//! let rules = compile(pack.collect()).rules.expect("the built-in pack has no mistakes");
//!
//! let paste = "0:021> kL
//! 00 00000000`0b99b2f0 000007fe`fbae2c48 GdiPlus!GdipDrawImageRectRect+0x362
//! 01 00000000`0b99b3f0 000007fe`dd41d439 System_Drawing_ni!System.Drawing.Graphics.DrawImage(System.Drawing.Image)+0x264
//! 02 00000000`0b99b490 000007fe`dd416da4 Contoso!Contoso.ReportService.Draw()+0x6e
//! 03 00000000`0b99b580 000007fe`dd4e95f9 System_Web_Services_ni!System.Web.Services.Protocols.WebServiceHandler.Invoke()+0x1c0
//! ";
//! let sieve = Sieve::new(&rules);
//! let mut case = CaseScan::new(&rules, &sieve);
//! formats::read(paste.as_bytes(), "paste", &mut case).expect("text in memory");
//! let findings = case.finish().findings;
//!
//! let worst = &rules.rules[findings[0].rule];
//! assert_eq!((worst.id.as_str(), findings[0].evidence.len()), ("gdiplus-in-asmx", 2));
//! ```

pub mod text;
pub mod diagnostic;
pub mod model;
pub mod formats;
pub mod facts;
pub mod finding;
pub mod rules;
pub mod settings;
pub mod engine;
pub mod authoring;
pub mod report;
#[cfg(feature = "cli")]
pub mod cli;
