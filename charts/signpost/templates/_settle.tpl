{{/*
Values as they come, put right: every template begins with "signpost.settled", so that none of the others meets a key that
is missing, null or of another type. What is wrong is gathered, and told as a whole by _checks.tpl.
*/}}

{{/* Checks all values once, and fails with everything that is wrong with them. */}}
{{- define "signpost.settled" -}}
{{- if not (hasKey .Values "-settled") }}
{{- $_ := set .Values "-settled" true }}
{{- $keys := .Files.Get "keys.json" | fromJson }}
{{- $known := .Files.Get "known.json" | fromJson }}
{{- $defaults := .Files.Get "defaults.json" | fromJson }}
{{- $state := dict "problems" list "definitions" $keys.definitions "foreign" $known.keys "context" . }}
{{- /* A text was enough for ExternalDNS, and is for what there is here, too. */ -}}
{{- if kindIs "string" .Values.provider }}{{ $_ := set .Values "provider" (dict "name" .Values.provider) }}{{ end }}
{{- range $key, $value := omit .Values "-settled" }}
{{- include "signpost.settle.key" (dict "state" $state "schema" $keys "in" $.Values "key" $key "path" $key "default" (index $defaults $key)) }}
{{- end }}
{{- include "signpost.settle.rest" (dict "state" $state "schema" $keys "in" $.Values "path" "" "defaults" $defaults) }}
{{- include "signpost.checks" (dict "context" . "state" $state "known" $known) }}
{{- with $state.problems }}
{{- $count := len . }}
{{- $head := printf "%d things are wrong with these values:" $count }}
{{- if eq $count 1 }}{{ $head = "Something is wrong with these values:" }}{{ end }}
{{- fail (printf "\n\n%s\n  - %s\n\nValues of ExternalDNS's charts are translated by `signpost convert values.yaml`; docs/chart-keys.md has every key." $head (join "\n  - " .)) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Adds a sentence to what is wrong: (dict "state" … "text" "…"). */}}
{{- define "signpost.problem" -}}
{{- if not (has .text .state.problems) }}{{ $_ := set .state "problems" (append .state.problems .text) }}{{ end }}
{{- end }}

{{/* Checks one key of an object: (dict "state" … "schema" … "in" MAP "key" KEY "path" "a.b" "default" …). */}}
{{- define "signpost.settle.key" -}}
{{- $properties := default dict .schema.properties }}
{{- if hasKey $properties .key }}
{{- include "signpost.settle" (dict "state" .state "schema" (index $properties .key) "in" .in "key" .key "path" .path "default" .default) }}
{{- else if kindIs "map" .schema.additionalProperties }}
{{- include "signpost.settle" (dict "state" .state "schema" .schema.additionalProperties "in" .in "key" .key "path" .path "default" .default) }}
{{- else if and (hasKey .schema "additionalProperties") (not .schema.additionalProperties) }}
{{- $value := index .in .key }}
{{- $_ := unset .in .key }}
{{- if hasKey .state.foreign .path }}
{{- if not (include "signpost.isOff" $value) }}
{{- include "signpost.problem" (dict "state" .state "text" (printf "%s: %s" .path (index .state.foreign .path))) }}
{{- end }}
{{- else }}
{{- $place := trimSuffix (printf ".%s" .key) .path }}
{{- $alike := "" }}
{{- range $name, $_ := $properties }}
{{- if eq (lower $name | trimSuffix "s") (lower $.key | replace "-" "" | replace "_" "" | trimSuffix "s") }}{{ $alike = printf "; did you mean `%s`?" $name }}{{ end }}
{{- end }}
{{- if and (not $alike) (ne $place .path) }}{{ $alike = printf "; in %s there are %s" $place (keys $properties | sortAlpha | join ", ") }}{{ end }}
{{- include "signpost.problem" (dict "state" .state "text" (printf "%s: there is no such key in this chart%s" .path $alike)) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Not empty when a value asks for nothing: empty, false, or an object that is turned off. */}}
{{- define "signpost.isOff" -}}
{{- if kindIs "map" . }}
{{- $on := false }}
{{- range $key, $value := . }}{{ if not (include "signpost.isOff" $value) }}{{ $on = true }}{{ end }}{{ end }}
{{- range $switch := list "enabled" "create" }}
{{- if and (hasKey $ $switch) (not (index $ $switch)) }}{{ $on = false }}{{ end }}
{{- end }}
{{- if not $on }}off{{ end }}
{{- else if not . }}off{{ end }}
{{- end }}

{{/* Gives back what a null took away: (dict "state" … "schema" … "in" MAP "path" "a.b" "defaults" MAP). */}}
{{- define "signpost.settle.rest" -}}
{{- range $key, $default := .defaults }}
{{- if not (hasKey $.in $key) }}
{{- $path := ternary $key (printf "%s.%s" $.path $key) (empty $.path) }}
{{- $_ := set $.in $key nil }}
{{- include "signpost.settle.key" (dict "state" $.state "schema" $.schema "in" $.in "key" $key "path" $path "default" $default) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Checks a value in its place, and puts the default there when it is nothing or of another type. */}}
{{- define "signpost.settle" -}}
{{- $schema := .schema }}
{{- with index $schema "$ref" }}{{ $schema = index $.state.definitions (trimPrefix "#/definitions/" .) }}{{ end }}
{{- $value := index .in .key }}
{{- $types := list }}
{{- with $schema.type }}{{ $types = ternary . (list .) (kindIs "slice" .) }}{{ end }}
{{- $empty := .default }}
{{- if kindIs "invalid" $empty }}
{{- if has "array" $types }}{{ $empty = list }}{{ else if has "object" $types }}{{ $empty = dict }}{{ end }}
{{- end }}
{{- $kind := include "signpost.kind" $value }}
{{- $fits := or (empty $types) (has $kind $types) (and (eq $kind "integer") (has "number" $types)) }}
{{- if eq $kind "null" }}
{{- $mayBe := or (has "null" $types) (and $schema.enum (has nil $schema.enum)) }}
{{- if not $mayBe }}
{{- if and (has "object" $types) (not $schema.properties) }}{{ $empty = dict }}{{ else if has "array" $types }}{{ $empty = list }}{{ end }}
{{- $_ := set .in .key $empty }}
{{- if kindIs "map" $empty }}
{{- $_ := set .in .key (deepCopy $empty) }}
{{- end }}
{{- end }}
{{- else if and (not $fits) (empty $value) (has $kind (list "array" "object")) (or (has "array" $types) (and (has "object" $types) (not $schema.properties))) }}
{{- /* Nothing is nothing, whether it is written as a map or a list: ExternalDNS's chart has `extraContainers: {}`. */ -}}
{{- $_ := set .in .key (ternary list dict (has "array" $types)) }}
{{- else if not $fits }}
{{- include "signpost.problem" (dict "state" .state "text" (printf "%s: %s is %s, and has to be %s" .path (include "signpost.shown" $value) (include "signpost.aKind" $kind) (include "signpost.someKind" $types))) }}
{{- $_ := set .in .key (ternary (deepCopy (default dict $empty)) $empty (kindIs "map" $empty)) }}
{{- else if and $schema.enum (not (has $value $schema.enum)) }}
{{- $alike := "" }}
{{- range $schema.enum }}{{ if and (kindIs "string" .) (kindIs "string" $value) }}{{ if or (eq (lower . | trimSuffix "s") (lower $value | replace "_" "-" | trimSuffix "s")) (and (gt (len $value) 4) (hasPrefix (trunc 4 $value) .)) }}{{ $alike = printf "; did you mean `%s`?" . }}{{ end }}{{ end }}{{ end }}
{{- $choices := list }}
{{- range $schema.enum }}{{ if not (kindIs "invalid" .) }}{{ $choices = append $choices (toString .) }}{{ end }}{{ end }}
{{- $foreign := index .state.foreign (printf "%s=%s" .path (toString $value)) | default (index .state.foreign (printf "%s=*" .path)) }}
{{- if $foreign }}
{{- include "signpost.problem" (dict "state" .state "text" (printf "%s: %s" .path (replace "VALUE" (toString $value) $foreign))) }}
{{- else }}
{{- include "signpost.problem" (dict "state" .state "text" (printf "%s: %s is none of %s%s" .path (include "signpost.shown" $value) (join ", " $choices) $alike)) }}
{{- end }}
{{- $_ := set .in .key $empty }}
{{- else if eq $kind "object" }}
{{- $default := ternary .default dict (kindIs "map" .default) }}
{{- range $key, $_ := $value }}
{{- include "signpost.settle.key" (dict "state" $.state "schema" $schema "in" $value "key" $key "path" (printf "%s.%s" $.path $key) "default" (index $default $key)) }}
{{- end }}
{{- if $schema.properties }}
{{- include "signpost.settle.rest" (dict "state" .state "schema" $schema "in" $value "path" .path "defaults" $default) }}
{{- end }}
{{- range $schema.required }}
{{- if not (hasKey $value .) }}{{ include "signpost.problem" (dict "state" $.state "text" (printf "%s: `%s` is missing" $.path .)) }}{{ end }}
{{- end }}
{{- else if eq $kind "array" }}
{{- $before := len .state.problems }}
{{- $list := list }}
{{- range $index, $item := $value }}
{{- if kindIs "invalid" $item }}
{{- include "signpost.problem" (dict "state" $.state "text" (printf "%s[%d]: nothing is there; take the line out" $.path $index)) }}
{{- else }}
{{- $box := dict "item" $item }}
{{- if $schema.items }}
{{- include "signpost.settle" (dict "state" $.state "schema" $schema.items "in" $box "key" "item" "path" (printf "%s[%d]" $.path $index) "default" nil) }}
{{- end }}
{{- $list = append $list $box.item }}
{{- end }}
{{- end }}
{{- if and $schema.uniqueItems (ne (len $list) (len (uniq $list))) }}
{{- include "signpost.problem" (dict "state" .state "text" (printf "%s: an item is there twice" .path)) }}
{{- end }}
{{- if and $schema.maxItems (gt (len $list) (int $schema.maxItems)) }}
{{- include "signpost.problem" (dict "state" .state "text" (printf "%s: takes at most %v items" .path $schema.maxItems)) }}
{{- end }}
{{- /* What could not be read is not acted on. */ -}}
{{- $_ := set .in .key (ternary $list list (eq $before (len .state.problems))) }}
{{- else if eq $kind "string" }}
{{- $says := "" }}
{{- if $schema.pattern }}{{ if not (regexMatch $schema.pattern $value) }}{{ $says = default (printf "has to match %s" $schema.pattern) $schema.says }}{{ end }}{{ end }}
{{- if $schema.form }}{{ if not (or (regexMatch $schema.form $value) (include "signpost.isFilledIn" $value)) }}{{ $says = default (printf "has to match %s" $schema.form) $schema.says }}{{ end }}{{ end }}
{{- if and $schema.minLength (empty $value) }}{{ $says = "has to be something" }}{{ end }}
{{- with $says }}
{{- include "signpost.problem" (dict "state" $.state "text" (printf "%s: %s %s" $.path (include "signpost.shown" $value) .)) }}
{{- $_ := set $.in $.key $empty }}
{{- end }}
{{- else if or (eq $kind "integer") (eq $kind "number") }}
{{- $says := "" }}
{{- if and (hasKey $schema "minimum") (lt (float64 $value) (float64 $schema.minimum)) }}{{ $says = printf "has to be at least %v" $schema.minimum }}{{ end }}
{{- if and (hasKey $schema "maximum") (gt (float64 $value) (float64 $schema.maximum)) }}{{ $says = printf "has to be at most %v" $schema.maximum }}{{ end }}
{{- with $says }}
{{- include "signpost.problem" (dict "state" $.state "text" (printf "%s: %v %s" $.path $value .)) }}
{{- $_ := set $.in $.key $empty }}
{{- end }}
{{- end }}
{{- end }}

{{/* The kind of a value, in the words of JSON schemas. */}}
{{- define "signpost.kind" -}}
{{- if kindIs "invalid" . }}null
{{- else if kindIs "slice" . }}array
{{- else if kindIs "map" . }}object
{{- else if kindIs "bool" . }}boolean
{{- else if kindIs "string" . }}string
{{- else if eq (floor .) (float64 .) }}integer
{{- else }}number
{{- end }}
{{- end }}

{{- define "signpost.aKind" -}}
{{- get (dict "array" "a list" "object" "a map" "boolean" "a truth value" "string" "a text" "integer" "a number" "number" "a number" "null" "nothing") . }}
{{- end }}

{{- define "signpost.someKind" -}}
{{- $names := list }}
{{- range . }}{{ if ne . "null" }}{{ $names = append $names (ternary "a whole number" (include "signpost.aKind" (toString .)) (eq . "integer")) }}{{ end }}{{ end }}
{{- uniq $names | join " or " }}
{{- end }}

{{- define "signpost.shown" -}}
{{- printf "`%s`" (toJson . | trunc 60 | trimAll "\"") }}
{{- end }}
