{{/*
Which arguments stand in a ConfigMap, where a change of them needs no restart, and which on the command line. Every
argument is made in _arguments.tpl; here they are only parted.
*/}}

{{/* The arguments for a command line, as a list: (dict "context" . "program" "signpost" "arguments" …). */}}
{{- define "signpost.fixed" -}}
{{- $list := .arguments }}
{{- if .context.Values.config.enabled }}
{{- $reloaded := get (.context.Files.Get "reloaded.yaml" | fromYaml) .program }}
{{- $list = list }}
{{- range .arguments }}
{{- if not (has (regexReplaceAll "^--(no-)?([^=]*).*$" . "${2}") $reloaded) }}{{ $list = append $list . }}{{ end }}
{{- end }}
{{- $list = append $list (printf "--config=/etc/signpost/%s.yaml" .program) }}
{{- end }}
{{- toJson $list }}
{{- end }}

{{/* The other arguments, as the text of a file. Texts are quoted, so each value stays what it is. */}}
{{- define "signpost.file" -}}
{{- $reloaded := get (.context.Files.Get "reloaded.yaml" | fromYaml) .program }}
{{- $file := dict }}
{{- range .arguments }}
{{- $flag := regexReplaceAll "^--(no-)?([^=]*).*$" . "${2}" }}
{{- if has $flag $reloaded }}
{{- $value := ternary (regexReplaceAll "^[^=]*=" . "") (ternary "false" "true" (hasPrefix "--no-" .)) (contains "=" .) }}
{{- $_ := set $file $flag (append (default list (get $file $flag)) $value) }}
{{- end }}
{{- end }}
{{- range $flag, $values := $file }}
{{ $flag }}: {{ ternary (first $values | quote) (toJson $values) (eq (len $values) 1) }}
{{- end }}
{{- end }}

{{/* The volume with the files; a mount of a part of it would never change. */}}
{{- define "signpost.configVolume" -}}
{{- toJson (dict "name" "config" "configMap" (dict "name" (include "signpost.named" (dict "context" . "suffix" "config")))) }}
{{- end }}
