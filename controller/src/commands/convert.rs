//! `signpost convert`: what an installation of `ExternalDNS` is here.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use input_files::BadFile;
use serde::Serialize;
use serde_json::{Map, Value};

use super::print;
use crate::args::{ConvertArgs, OutputFormat};
use crate::convert::{self, Conversion, Remark, Weight};

/// Status that says that something means something else.
const CHANGED: u8 = 2;

/// Status that says that something could not be taken.
const REFUSED: u8 = 3;

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// A conversion for programs.
#[derive(Serialize)]
struct Told<'a> {
    values: &'a Map<String, Value>,
    signpost: &'a [String],
    /// Which program of ours the provider is; none for one of others.
    provider_program: Option<&'static str>,
    provider: &'a [String],
    remarks: &'a [Remark],
}

/// Prints what an installation is here.
///
/// # Errors
///
/// Returns an error when the text cannot be read or is no installation of `ExternalDNS`.
pub fn run(args: &ConvertArgs) -> anyhow::Result<ExitCode> {
    let ConvertArgs { file, arguments, log: _, output } = args;
    let named = file.iter().find(|file| *file != Path::new("-"));
    if let Some(named) = named.filter(|_| !arguments.is_empty()) {
        bail!(
            "`{}` and the arguments after `--` are two installations: give one of them",
            named.display()
        );
    }
    let text =
        if arguments.is_empty() { read_all(file)? } else { serde_json::to_string(arguments)? };
    let conversion = convert::convert(&text).map_err(anyhow::Error::msg)?;
    match output {
        OutputFormat::Text => print::text(&conversion.to_string())?,
        OutputFormat::Json => {
            let Conversion { values, controller, provider, remarks } = &conversion;
            print::json(&Told {
                values,
                signpost: controller,
                provider_program: conversion.provider_program(),
                provider,
                remarks,
            })?;
        }
    }
    Ok(match conversion.heaviest() {
        None | Some(Weight::Note) => ExitCode::SUCCESS,
        Some(Weight::Changed) => ExitCode::from(CHANGED),
        Some(Weight::Refused) => ExitCode::from(REFUSED),
    })
}

/// Reads files one after the other: those of YAML are documents of their own.
fn read_all(files: &[PathBuf]) -> anyhow::Result<String> {
    let is_terraform = files.iter().any(|file| file.extension().is_some_and(|end| end == "tf"));
    let between = if is_terraform { "\n" } else { "\n---\n" };
    let texts = files.iter().map(|file| read(file)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(texts.join(between))
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
        return Ok(text);
    }
    let shown = file.display();
    let bytes = match input_files::read_large(file, MOST_BYTES) {
        Ok(bytes) => bytes,
        Err(BadFile::Unreadable(source)) => {
            return Err(source).with_context(|| format!("cannot read {shown}"));
        }
        Err(bad) => bail!("{shown} {bad}"),
    };
    String::from_utf8(bytes).map_err(|_| anyhow!("{shown} {}", BadFile::NoText))
}
