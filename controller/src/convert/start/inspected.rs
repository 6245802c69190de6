//! What `docker inspect` and `podman inspect` say of a container: all that it was started with.

use serde_json::{Map, Value};

use super::{Start, Wording, is_program};

/// Variables that the image has for itself.
const OF_IMAGE: [&str; 5] = ["HOME", "HOSTNAME", "PATH", "SSL_CERT_FILE", "container"];

/// Returns the start of a container that was inspected; `None` where it is none of the program.
pub(in super::super) fn inspected(map: &Map<String, Value>) -> Option<Start> {
    let path = map.get("Path")?.as_str()?;
    let arguments = map.get("Args")?.as_array()?;
    let config = map.get("Config")?;
    let image = config.get("Image").and_then(Value::as_str).unwrap_or_default();
    if !is_program(path) && !is_program(image) {
        return None;
    }
    let mut start = Start::default();
    let words = std::iter::once(path).chain(arguments.iter().filter_map(Value::as_str));
    start.words = words.map(|word| Wording::Known(word.to_owned())).collect();
    for variable in config.get("Env").and_then(Value::as_array).into_iter().flatten() {
        match variable.as_str().and_then(|text| text.split_once('=')) {
            Some((name, _)) if OF_IMAGE.contains(&name) => {}
            Some((name, value)) => start.set(name, Wording::Known(value.to_owned())),
            None => start.beside(format!("Config.Env: {variable}")),
        }
    }
    for mount in map.get("Mounts").and_then(Value::as_array).into_iter().flatten() {
        let place = mount.get("Destination").and_then(Value::as_str).unwrap_or_default();
        start.mounts(&format!("Mounts: {place}"));
    }
    Some(start)
}
