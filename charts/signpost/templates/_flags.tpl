{{/* What the programs would say of arguments and variables, from known.json, which is generated from the programs. */}}

{{/* What is wrong with arguments, as a list: (dict "context" . "known" … "program" … "place" … "values" …). */}}
{{- define "signpost.wrongArguments" -}}
{{- $problems := list }}
{{- if kindIs "map" .values }}
{{- range $key, $value := .values }}
{{- if or (hasPrefix "-" $key) (contains "=" $key) (contains " " $key) }}
{{- $problems = append $problems (printf "%s: `%s` is no flag's name; write it without dashes and value, such as `dry-run: true`" $.place $key) }}
{{- else if kindIs "map" $value }}
{{- $problems = append $problems (printf "%s.%s: is a map, and has to be a text, a number, a truth value or a list" $.place $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- $flags := index .known.flags .program }}
{{- $seen := dict }}
{{- range $word := include "signpost.extraArguments" (dict "context" .context "values" .values) | fromJsonArray }}
{{- $name := regexReplaceAll "(?s)^--([^=]*).*$" $word "${1}" }}
{{- $has := contains "=" $word }}
{{- $text := ternary (regexReplaceAll "(?s)^[^=]*=" $word "") "" $has }}
{{- $row := index $flags $name }}
{{- $isNo := false }}
{{- if and (not $row) (hasPrefix "no-" $name) }}
{{- with index $flags (trimPrefix "no-" $name) }}{{ if eq .takes "toggle" }}{{ $row = . }}{{ $isNo = true }}{{ $name = trimPrefix "no-" $name }}{{ end }}{{ end }}
{{- end }}
{{- if not (hasPrefix "--" $word) }}
{{- $problems = append $problems (printf "%s: `%s` is no flag; flags begin with two dashes" $.place $word) }}
{{- else if not $row }}
{{- $problems = concat $problems (include "signpost.unknownFlag" (dict "known" $.known "program" $.program "name" $name "written" (printf "%s: `--%s`" $.place $name)) | fromJsonArray) }}
{{- else }}
{{- if and (hasKey $seen $name) (not $row.many) }}
{{- $problems = append $problems (printf "%s: `--%s` is there twice, and takes one value" $.place $name) }}
{{- end }}
{{- $_ := set $seen $name true }}
{{- with include "signpost.wrongValue" (dict "row" $row "has" $has "isNo" $isNo "text" $text) }}
{{- $problems = append $problems (printf "%s: `--%s` %s" $.place $name .) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{/* What is wrong with variables of the programs' own, as a list: (dict "known" … "program" … "place" … "env" …). */}}
{{- define "signpost.wrongVariables" -}}
{{- $problems := list }}
{{- $flags := index .known.flags .program }}
{{- range .env }}
{{- if hasPrefix "EXTERNAL_DNS_" .name }}
{{- $name := trimPrefix "EXTERNAL_DNS_" .name | lower | replace "_" "-" }}
{{- $row := index $flags $name }}
{{- if $row }}
{{- if .value }}
{{- $list := list .value }}
{{- if $row.many }}{{ $list = splitList "\n" (trimSuffix "\n" .value) }}{{ end }}
{{- range $text := $list }}
{{- with include "signpost.wrongValue" (dict "row" $row "has" true "isNo" false "text" (trim $text)) }}
{{- $problems = append $problems (printf "%s: the variable of `--%s` %s" $.place $name .) }}
{{- end }}
{{- end }}
{{- end }}
{{- else }}
{{- $answer := include "signpost.unknownFlag" (dict "known" $.known "program" $.program "name" $name "written" (printf "%s: `%s`" $.place .name)) | fromJsonArray }}
{{- /* A variable that means nothing to anybody is passed over. */ -}}
{{- range $answer }}{{ if not (contains "there is no such flag" .) }}{{ $problems = append $problems . }}{{ end }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{/* What is to be said of a flag that a program does not have, as a list that may be empty. */}}
{{- define "signpost.unknownFlag" -}}
{{- $bare := trimPrefix "no-" .name }}
{{- $says := "there is no such flag" }}
{{- if eq .program "signpost" }}
{{- $found := "" }}
{{- range $start, $text := .known.starts }}{{ if hasPrefix $start $bare }}{{ $found = $text }}{{ end }}{{ end }}
{{- $found = index .known.elsewhere $bare | default $found }}
{{- if $found }}{{ $says = $found }}{{ else if hasKey (index .known.flags "route53-webhook") $bare }}{{ $says = index .known.elsewhere "zone-id-filter" }}
{{- else if hasKey (index .known.flags "rfc2136-webhook") $bare }}{{ $says = index .known.elsewhere "rfc2136-host" }}{{ end }}
{{- else if hasKey (index .known.flags "signpost") $bare }}
{{- $says = "is a flag of the controller: move it to extraArgs" }}
{{- end }}
{{- if has $bare .known.ignored }}[]
{{- else }}{{ toJson (list (printf "%s %s" .written (regexReplaceAll "give it to `(route53|rfc2136)-webhook`, the .*provider( for name servers, which has a flag of this name)?$" $says "move it to provider.webhook.args"))) }}
{{- end }}
{{- end }}

{{/* What is wrong with a value of a flag; empty when nothing is. */}}
{{- define "signpost.wrongValue" -}}
{{- $takes := .row.takes }}
{{- if eq $takes "toggle" }}
{{- if and .has .isNo }}takes no value after `no-`
{{- else if and .has (not (regexMatch "^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$" .text)) }}is on or off, and not {{ printf "`%s`" .text }}
{{- end }}
{{- else if not .has }}needs a value
{{- else if eq $takes "duration" }}
{{- if not (regexMatch "^([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|ms|s|m|h)(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|ms|s|m|h))*$|^0$" .text) }}takes a duration with a unit, such as `1m30s`, and not {{ printf "`%s`" .text }}{{ end }}
{{- else if eq $takes "words" }}
{{- $row := .row }}
{{- $wrong := list }}
{{- range $word := ternary (splitList "," .text) (list .text) (default false .row.many) }}
{{- if not (has ($word | trim) $row.words) }}{{ if or $word (not $row.many) }}{{ $wrong = append $wrong (printf "`%s`" $word) }}{{ end }}{{ end }}
{{- end }}
{{- with $wrong }}takes {{ join ", " $row.words }}, and not {{ join ", " . }}
{{- range $row.instead }}{{ if has (printf "`%s`" .word) $wrong }}; {{ .says }}{{ end }}{{ end }}
{{- end }}
{{- else if .row.form }}
{{- if not (or (regexMatch .row.form .text) (include "signpost.isFilledIn" .text)) }}takes {{ .row.says }}, and not {{ printf "`%s`" .text }}{{ end }}
{{- else if .row.pattern }}
{{- if not (regexMatch .row.pattern .text) }}takes {{ .row.says }}, and not {{ printf "`%s`" .text }}{{ end }}
{{- end }}
{{- end }}

{{/* Not empty when something fills a text in later: Kubernetes, Helm, Argo CD's plugins, Flux, vals, SOPS or a pipeline. */}}
{{- define "signpost.isFilledIn" -}}
{{- if regexMatch "[$][({]|[{][{]|^<[^<>]+>$|<path:|[(][(]|#[{]|ref[+]|ENC\\[" . }}yes{{ end }}
{{- end }}
