//! How a template gets at a field: the engine's own way, which knows maps only, is replaced.
//!
//! Go tells a struct, in which a field that does not exist is an error, from a map, in which a key
//! that is not there is nothing. The engine has maps only. So a struct is a map that is marked as
//! one, and each `.A.B` of a template is rewritten into a call that heeds the mark. Nothing is ever
//! added to a map.

use std::sync::Arc;

use gotmpl::parse::{BranchNode, CommandNode, Expr, ListNode, Node, PipeNode, SmolStr};
use gotmpl::{FuncMap, TemplateError, Value};

use super::view::{Map, go_name};

/// Key that says of a map that it is a struct in Go; no JSON member and no Go field is called so.
const STRUCT: &str = "\0struct";

/// Function that takes a value and the names of fields, each of what the one before gave.
const FIELD: &str = ".field";

/// Function that takes away the mark, so that a loop does not see it.
const ENTRIES: &str = ".entries";

/// Functions that the language has without ours.
const BUILTINS: [&str; 21] = [
    "and", "break", "call", "continue", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt",
    "ne", "not", "or", "print", "printf", "println", "slice", "urlquery",
];

/// Returns `map` marked as a struct.
pub(super) fn marked(mut map: Map) -> Value {
    map.insert(STRUCT.into(), Value::Nil);
    Value::Map(Arc::new(map))
}

/// Adds the functions that rewritten templates call.
pub(super) fn add_functions(functions: &mut FuncMap) {
    functions.insert(FIELD.into(), Arc::new(field));
    functions.insert(ENTRIES.into(), Arc::new(entries));
    functions.insert("len".into(), Arc::new(len));
}

fn field(arguments: &[Value]) -> gotmpl::Result<Value> {
    let Some((value, names)) = arguments.split_first() else { return Ok(Value::Nil) };
    names.iter().try_fold(value.clone(), |value, name| {
        let name = name.as_str().unwrap_or_default();
        let failed = |what: String| Err(TemplateError::Exec(what));
        match &value {
            Value::Map(map) => match find(map, name) {
                Some(found) => Ok(found.clone()),
                None if map.contains_key(STRUCT) => failed(format!("there is no field `{name}`")),
                None => Ok(Value::Nil),
            },
            Value::Nil => Ok(Value::Nil),
            other => failed(format!("there is no field `{name}` in a {}", other.type_name())),
        }
    })
}

/// Returns what `map` has under `name`; in a struct also under the JSON name of the Go field `name`.
fn find<'a>(map: &'a Map, name: &str) -> Option<&'a Value> {
    if let Some(found) = map.get(name) {
        return Some(found);
    }
    let mut fields = map.iter().filter(|_| map.contains_key(STRUCT));
    fields.find(|(key, _)| go_name(key) == name).map(|(_, value)| value)
}

fn entries(arguments: &[Value]) -> gotmpl::Result<Value> {
    match arguments {
        [Value::Map(map)] if map.contains_key(STRUCT) => {
            let mut map = map.as_ref().clone();
            map.remove(STRUCT);
            Ok(Value::Map(Arc::new(map)))
        }
        [value] => Ok(value.clone()),
        other => Err(count(ENTRIES, other)),
    }
}

/// Go's `len`.
fn len(arguments: &[Value]) -> gotmpl::Result<Value> {
    let length = match arguments {
        [Value::String(text)] => text.len(),
        [Value::List(list)] => list.len(),
        [Value::Map(map)] => map.len() - usize::from(map.contains_key(STRUCT)),
        [other] => {
            let what = format!("len of type {}", other.type_name());
            return Err(TemplateError::Exec(what));
        }
        other => return Err(count("len", other)),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn count(name: &str, arguments: &[Value]) -> TemplateError {
    TemplateError::ArgCount { name: name.to_owned(), expected: 1, got: arguments.len() }
}

/// Rewrites every access to a field in `tree`.
///
/// # Errors
///
/// A function is called that there is not; Go refuses such a template when it reads it.
pub(super) fn rewrite(tree: &mut ListNode, functions: &FuncMap) -> gotmpl::Result<()> {
    for node in &mut tree.nodes {
        match node {
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
            Node::Action(action) => pipe(&mut action.pipe, functions)?,
            Node::If(node) | Node::With(node) => branch(node, functions)?,
            Node::Range(node) => {
                branch(node, functions)?;
                let pos = node.pos;
                let entries = Expr::Identifier(pos, ENTRIES.into());
                node.pipe.commands.push(CommandNode { pos, args: vec![entries] });
            }
            Node::Template(node) => {
                if let Some(given) = &mut node.pipe {
                    pipe(given, functions)?;
                }
            }
            Node::Define(node) => rewrite(&mut node.body, functions)?,
            Node::List(list) => rewrite(list, functions)?,
        }
    }
    Ok(())
}

fn branch(node: &mut BranchNode, functions: &FuncMap) -> gotmpl::Result<()> {
    pipe(&mut node.pipe, functions)?;
    rewrite(&mut node.body, functions)?;
    node.else_body.as_mut().map_or(Ok(()), |body| rewrite(body, functions))
}

fn pipe(node: &mut PipeNode, functions: &FuncMap) -> gotmpl::Result<()> {
    let mut arguments = node.commands.iter_mut().flat_map(|command| &mut command.args);
    arguments.try_for_each(|argument| expression(argument, functions))
}

fn expression(given: &mut Expr, functions: &FuncMap) -> gotmpl::Result<()> {
    match given {
        Expr::Field(pos, fields) => {
            *given = access(Expr::Dot(*pos), fields);
        }
        Expr::Variable(pos, name, fields) if !fields.is_empty() => {
            *given = access(Expr::Variable(*pos, name.clone(), Vec::new()), fields);
        }
        Expr::Chain(_, inner, fields) => {
            expression(inner, functions)?;
            *given = access(inner.as_ref().clone(), fields);
        }
        Expr::Pipe(_, node) => pipe(node, functions)?,
        Expr::Identifier(_, name) => {
            let name = name.as_str();
            if !functions.contains_key(name) && !BUILTINS.contains(&name) {
                return Err(TemplateError::UndefinedFunction(name.to_owned()));
            }
        }
        Expr::Dot(_)
        | Expr::Variable(..)
        | Expr::String(..)
        | Expr::Number(..)
        | Expr::Bool(..)
        | Expr::Nil(_) => {}
    }
    Ok(())
}

/// Returns the call that gets `fields`, one after the other, out of what `base` is.
fn access(base: Expr, fields: &[SmolStr]) -> Expr {
    let pos = base.pos();
    let names = fields.iter().map(|name| Expr::String(pos, name.as_str().into()));
    let args = [Expr::Identifier(pos, FIELD.into()), base].into_iter().chain(names).collect();
    let commands = vec![CommandNode { pos, args }];
    Expr::Pipe(pos, PipeNode { pos, decl: Vec::new(), commands, is_assign: false })
}
