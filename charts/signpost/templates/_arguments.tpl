{{/*
What the programs are started with. Everything that depends on a flag, such as what the roles allow, looks at these
lists and not at single values, so it does not matter which way a flag was given.
*/}}

{{/* The provider's arguments as they are written; another's templates are not ours. */}}
{{- define "signpost.providerArguments" -}}
{{- include "signpost.extraArguments" (dict "values" .) }}
{{- end }}

{{/*
A text as it goes onto a command line. Where there is a context it is a template, if it looks like one of Helm's: templates of
the program, such as `{{.Name}}.example.com`, are for the program.
*/}}
{{- define "signpost.filled" -}}
{{- $isHelms := regexMatch "[.](Release|Values|Chart|Capabilities|Files|Template)\\b|[{][{]-?\\s*[\"`]" (toString .text) }}
{{- if and .context $isHelms }}{{ tpl (toString .text) .context }}{{ else }}{{ .text }}{{ end }}
{{- end }}

{{/* The arguments of a map or list of values, as a list: (dict "context" . "values" …). */}}
{{- define "signpost.extraArguments" -}}
{{- $list := list }}
{{- if kindIs "map" .values }}
{{- range $key, $value := .values }}
{{- if kindIs "invalid" $value }}
{{- $list = append $list (printf "--%s" $key) }}
{{- else if kindIs "bool" $value }}
{{- $list = append $list (printf "--%s%s" (ternary "" "no-" $value) $key) }}
{{- else if kindIs "slice" $value }}
{{- range $value }}
{{- $list = append $list (printf "--%s=%s" $key (include "signpost.filled" (dict "context" $.context "text" (include "signpost.number" .)))) }}
{{- end }}
{{- else if kindIs "float64" $value }}
{{- $list = append $list (printf "--%s=%s" $key (include "signpost.number" $value)) }}
{{- else }}
{{- $list = append $list (printf "--%s=%s" $key (include "signpost.filled" (dict "context" $.context "text" (toString $value)))) }}
{{- end }}
{{- end }}
{{- else }}
{{- range .values }}
{{- $word := include "signpost.filled" (dict "context" $.context "text" (include "signpost.number" .)) }}
{{- if or (hasPrefix "-" $word) (empty $list) }}
{{- $list = append $list $word }}
{{- else }}
{{- /* `--flag`, `value` as two items becomes one, so that every flag can be found below. */ -}}
{{- $list = append (initial $list) (printf "%s=%s" (last $list) $word) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $list }}
{{- end }}

{{/* YAML knows no whole numbers: 1000000 must not become 1e+06. */}}
{{- define "signpost.number" -}}
{{- if kindIs "float64" . }}{{ ternary (printf "%.0f" .) (toString .) (eq (floor .) .) }}{{ else }}{{ toString . }}{{ end }}
{{- end }}

{{/* The values of a flag in a list of arguments: (dict "arguments" … "flag" "namespace"). */}}
{{- define "signpost.valuesOf" -}}
{{- $start := printf "--%s=" .flag }}
{{- $values := list }}
{{- range .arguments }}
{{- if hasPrefix $start . }}{{ $values = append $values (trimPrefix $start .) }}{{ end }}
{{- end }}
{{- toJson $values }}
{{- end }}

{{/* Not empty when a flag occurs in a list of arguments in any form. */}}
{{- define "signpost.isGiven" -}}
{{- range .arguments }}
{{- if regexMatch (printf "^--(no-)?%s(=|$)" $.flag) . }}given{{ end }}
{{- end }}
{{- end }}

{{/* Not empty when a toggle is on in a list of arguments. */}}
{{- define "signpost.isOn" -}}
{{- $on := false }}
{{- range .arguments }}
{{- if regexMatch (printf "^--%s(=(true|True|TRUE|t|T|1))?$" $.flag) . }}{{ $on = true }}{{ end }}
{{- if regexMatch (printf "^--(no-%s|%s=(false|False|FALSE|f|F|0))$" $.flag $.flag) . }}{{ $on = false }}{{ end }}
{{- end }}
{{- if $on }}on{{ end }}
{{- end }}

{{/*
The arguments of `own` whose flags are not in `further`, or which `together` has, as flags that have several values; and those of
`further`.
*/}}
{{- define "signpost.overridden" -}}
{{- $list := list }}
{{- range .own }}
{{- $flag := regexReplaceAll "^--(no-)?([^=]*).*$" . "${2}" }}
{{- if or (has $flag (default list $.together)) (not (include "signpost.isGiven" (dict "arguments" $.further "flag" $flag))) }}{{ $list = append $list . }}{{ end }}
{{- end }}
{{- $all := concat $list .further }}
{{- toJson (ternary (uniq $all) $all (not (empty .together))) }}
{{- end }}

{{/* What the controller is started with, as a list. */}}
{{- define "signpost.arguments" -}}
{{- $values := .Values }}
{{- $list := list (printf "--log-level=%s" $values.logLevel) (printf "--log-format=%s" $values.logFormat) (printf "--interval=%s" $values.interval) }}
{{- $list = append $list (ternary "--events" "--no-events" $values.triggerLoopOnEvent) }}
{{- range $values.sources }}{{ $list = append $list (printf "--source=%s" .) }}{{ end }}
{{- with $values.policy }}{{ $list = append $list (printf "--policy=%s" .) }}{{ end }}
{{- $list = append $list (printf "--registry=%s" $values.registry) }}
{{- with $values.txtOwnerId }}{{ $list = append $list (printf "--txt-owner-id=%s" (include "signpost.filled" (dict "context" $ "text" .))) }}{{ end }}
{{- with $values.txtPrefix }}{{ $list = append $list (printf "--txt-prefix=%s" .) }}{{ end }}
{{- with $values.txtSuffix }}{{ $list = append $list (printf "--txt-suffix=%s" .) }}{{ end }}
{{- $namespaces := concat (compact (list $values.sourceNamespace)) $values.sourceNamespaces }}
{{- if and $values.namespaced (not $namespaces) }}{{ $namespaces = list (include "signpost.namespace" .) }}{{ end }}
{{- range uniq $namespaces }}{{ $list = append $list (printf "--namespace=%s" .) }}{{ end }}
{{- with $values.gatewayNamespace }}{{ $list = append $list (printf "--gateway-namespace=%s" .) }}{{ end }}
{{- if $values.enableGatewayListenerSets }}{{ $list = append $list "--gateway-listener-sets" }}{{ end }}
{{- range $values.domainFilters }}{{ $list = append $list (printf "--domain-filter=%s" .) }}{{ end }}
{{- range $values.excludeDomains }}{{ $list = append $list (printf "--exclude-domains=%s" .) }}{{ end }}
{{- with $values.labelFilter }}{{ $list = append $list (printf "--label-filter=%s" .) }}{{ end }}
{{- with $values.annotationFilter }}{{ $list = append $list (printf "--annotation-filter=%s" .) }}{{ end }}
{{- with $values.annotationPrefix }}{{ $list = append $list (printf "--annotation-prefix=%s" .) }}{{ end }}
{{- range $values.managedRecordTypes }}{{ $list = append $list (printf "--managed-record-types=%s" .) }}{{ end }}
{{- $election := $values.leaderElection }}
{{- if ternary (gt (int $values.replicaCount) 1) $election.enabled (kindIs "invalid" $election.enabled) }}
{{- $list = concat $list (list "--leader-elect" (printf "--leader-elect-name=%s" (include "signpost.fullname" .)) (printf "--leader-elect-namespace=%s" (include "signpost.namespace" .))) }}
{{- with $election.leaseDuration }}{{ $list = append $list (printf "--leader-elect-lease-duration=%s" .) }}{{ end }}
{{- end }}
{{- with $values.shard }}{{ $list = append $list (printf "--shard=%s" .) }}{{ end }}
{{- $further := include "signpost.extraArguments" (dict "context" . "values" $values.extraArgs) | fromJsonArray }}
{{- if $values.state.volume }}
{{- $list = append $list "--state-dir=/var/lib/signpost" }}
{{- else if and (include "signpost.keepsConfigMap" .) (not (include "signpost.isGiven" (dict "arguments" $further "flag" "state-dir"))) }}
{{- $name := default (include "signpost.named" (dict "context" . "suffix" "state")) $values.state.configMap.name }}
{{- $list = append $list (printf "--state-configmap=%s/%s" (include "signpost.namespace" .) $name) }}
{{- end }}
{{- $list = append $list "--provider=webhook" }}
{{- with include "signpost.provider.url" . }}{{ $list = append $list (printf "--webhook-provider-url=%s" .) }}{{ end }}
{{- range include "signpost.secrets" (dict "context" . "end" "controller") | fromJsonArray }}
{{- range $flag, $file := .flags }}{{ $list = append $list (printf "--webhook-provider-%s-file=%s" $flag $file) }}{{ end }}
{{- end }}
{{- /* What has several values has those of both, as in ExternalDNS's chart. */ -}}
{{- $together := list "source" "domain-filter" "exclude-domains" "managed-record-types" }}
{{- $list = include "signpost.overridden" (dict "own" $list "further" $further "together" $together) | fromJsonArray }}
{{- toJson $list }}
{{- end }}

{{/* Not empty when state is to be kept in a ConfigMap. */}}
{{- define "signpost.keepsConfigMap" -}}
{{- $asked := .Values.state.configMap.enabled }}
{{- $possible := and .Values.rbac.create .Values.automountServiceAccountToken }}
{{- if ternary $possible $asked (kindIs "invalid" $asked) }}yes{{ end }}
{{- end }}

{{/* Where the controller finds the provider; empty for the controller's default. */}}
{{- define "signpost.provider.url" -}}
{{- $provider := .Values.provider }}
{{- if eq $provider.mode "external" }}
{{- $provider.url }}
{{- else if eq $provider.mode "deployment" }}
{{- printf "%s://%s:%v" (ternary "https" "http" (not (empty $provider.deployment.tls.secretName))) (include "signpost.provider.fullname" .) $provider.deployment.port }}
{{- else if include "signpost.usesSocket" . }}
{{- "unix:///run/signpost/provider.sock" }}
{{- end }}
{{- end }}

{{/* What the provider is started with, as a list. */}}
{{- define "signpost.provider.arguments" -}}
{{- $provider := .Values.provider }}
{{- $list := list }}
{{- if include "signpost.provider.program" . }}
{{- $list = list (printf "--log-level=%s" .Values.logLevel) (printf "--log-format=%s" .Values.logFormat) }}
{{- if eq $provider.mode "deployment" }}
{{- $list = append $list (printf "--listen=:%v" $provider.deployment.port) }}
{{- range include "signpost.secrets" (dict "context" . "end" "provider") | fromJsonArray }}
{{- range $flag, $file := .flags }}{{ $list = append $list (printf "--listen-%s-file=%s" $flag $file) }}{{ end }}
{{- end }}
{{- else if include "signpost.usesSocket" . }}
{{- $list = append $list "--listen=unix:///run/signpost/provider.sock" }}
{{- end }}
{{- end }}
{{- if eq $provider.name "rfc2136" }}{{ $list = concat $list (include "signpost.nameServerArguments" $provider.rfc2136 | fromJsonArray) }}{{ end }}
{{- if eq $provider.name "aws" }}
{{- /* In ExternalDNS one flag chooses names and zones; here each half is told. Expressions replace lists. */ -}}
{{- $controller := include "signpost.arguments" . | fromJsonArray }}
{{- $flags := list "domain-filter" "exclude-domains" }}
{{- $expressions := list "regex-domain-filter" "regex-domain-exclusion" }}
{{- range $expressions }}
{{- if include "signpost.isGiven" (dict "arguments" $controller "flag" .) }}{{ $flags = $expressions }}{{ end }}
{{- end }}
{{- range $flag := append $flags "shard" }}
{{- range include "signpost.valuesOf" (dict "arguments" $controller "flag" $flag) | fromJsonArray }}
{{- $list = append $list (printf "--%s=%s" $flag .) }}
{{- end }}
{{- end }}
{{- end }}
{{- $further := include "signpost.providerArguments" $provider.webhook.args | fromJsonArray }}
{{- include "signpost.overridden" (dict "own" $list "further" $further) }}
{{- end }}

{{/* What the provider for name servers is told of them, as a list; the values of `provider.rfc2136`. */}}
{{- define "signpost.nameServerArguments" -}}
{{- $list := list }}
{{- range .hosts }}{{ $list = append $list (printf "--rfc2136-host=%s" .) }}{{ end }}
{{- range .zones }}{{ $list = append $list (printf "--rfc2136-zone=%s" .) }}{{ end }}
{{- range $zone, $hosts := .zoneHosts }}
{{- range $hosts }}{{ $list = append $list (printf "--zone-server=%s=%s" $zone .) }}{{ end }}
{{- end }}
{{- range $zone, $key := .zoneKeys }}{{ $list = append $list (printf "--zone-key=%s=%s" $zone $key) }}{{ end }}
{{- if .keys.secretName }}{{ $list = append $list (printf "--tsig-key-file=/run/secrets/rfc2136/%s" .keys.secretKey) }}{{ end }}
{{- with .keys.name }}{{ $list = append $list (printf "--rfc2136-tsig-keyname=%s" .) }}{{ end }}
{{- if .insecure }}{{ $list = append $list "--rfc2136-insecure" }}{{ end }}
{{- if .tls.enabled }}{{ $list = append $list "--rfc2136-use-tls" }}{{ end }}
{{- if .tls.caSecretName }}{{ $list = append $list "--tls-ca=/run/secrets/rfc2136-ca/ca.crt" }}{{ end }}
{{- with .tls.serverName }}{{ $list = append $list (printf "--tls-server-name=%s" .) }}{{ end }}
{{- range .tls.pins }}{{ $list = append $list (printf "--tls-pin=%s" .) }}{{ end }}
{{- if .tls.clientSecretName }}{{ $list = concat $list (list "--tls-client-cert=/run/secrets/rfc2136-client/tls.crt" "--tls-client-cert-key=/run/secrets/rfc2136-client/tls.key") }}{{ end }}
{{- toJson $list }}
{{- end }}
