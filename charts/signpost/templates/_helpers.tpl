{{/* Names, labels and images. */}}

{{/*
What a release of ExternalDNS's chart is called keeps its names and labels: its pods are found by them, and IAM trusts its
service account by name.
*/}}
{{- define "signpost.bareName" -}}
{{- default (ternary "external-dns" .Chart.Name (contains "external-dns" .Release.Name)) .Values.nameOverride }}
{{- end }}

{{- define "signpost.name" -}}
{{- include "signpost.bareName" . | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "signpost.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "signpost.bareName" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* The fullname with an ending that is never cut: (dict "context" . "suffix" "provider"). */}}
{{- define "signpost.named" -}}
{{- $room := sub 62 (len .suffix) | int }}
{{- printf "%s-%s" (include "signpost.fullname" .context | trunc $room | trimSuffix "-") .suffix }}
{{- end }}

{{- define "signpost.provider.fullname" -}}
{{- include "signpost.named" (dict "context" . "suffix" "provider") }}
{{- end }}

{{/* Names of what belongs to no namespace: releases of one name in two namespaces must not share them. */}}
{{- define "signpost.clusterName" -}}
{{- printf "%s:%s" (include "signpost.namespace" .) (include "signpost.fullname" .) }}
{{- end }}

{{- define "signpost.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "signpost.selectorLabels" -}}
app.kubernetes.io/name: {{ include "signpost.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "signpost.provider.selectorLabels" -}}
{{- /* Another name than the controller's, so that neither Deployment selects the other's pods. */ -}}
app.kubernetes.io/name: {{ include "signpost.name" . | trunc 54 | trimSuffix "-" }}-provider
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/*
Labels, each key once, as YAML: (dict "context" . "selector" "…" "more" LIST-OF-MAPS). What selects can not be replaced, and
of the others the last map wins.
*/}}
{{- define "signpost.labelled" -}}
{{- $labels := dict "helm.sh/chart" (printf "%s-%s" .context.Chart.Name .context.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") "app.kubernetes.io/version" .context.Chart.AppVersion "app.kubernetes.io/managed-by" .context.Release.Service }}
{{- if .pod }}{{ $labels = dict }}{{ end }}
{{- range prepend .more .context.Values.commonLabels }}{{ $labels = mergeOverwrite $labels (deepCopy (default dict .)) }}{{ end }}
{{- toYaml (mergeOverwrite $labels (fromYaml .selector)) }}
{{- end }}

{{- define "signpost.labels" -}}
{{- include "signpost.labelled" (dict "context" . "selector" (include "signpost.selectorLabels" .) "more" list) }}
{{- end }}

{{- define "signpost.provider.labels" -}}
{{- include "signpost.labelled" (dict "context" . "selector" (include "signpost.provider.selectorLabels" .) "more" list) }}
{{- end }}

{{- define "signpost.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "signpost.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "signpost.provider.serviceAccountName" -}}
{{- if .Values.provider.serviceAccount.create }}
{{- default (include "signpost.provider.fullname" .) .Values.provider.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.provider.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "signpost.image" -}}
{{- printf "%s:%s" .Values.image.repository (default (printf "v%s" .Chart.AppVersion) .Values.image.tag) }}
{{- end }}

{{/* The program of ours that is the provider; empty for another owner's. */}}
{{- define "signpost.provider.program" -}}
{{- get (dict "aws" "route53-webhook" "rfc2136" "rfc2136-webhook") .Values.provider.name }}
{{- end }}

{{- define "signpost.provider.image" -}}
{{- $image := .Values.provider.webhook.image }}
{{- with include "signpost.provider.program" . }}
{{- printf "%s:%s" (default . $image.repository) (default (printf "v%s" $.Chart.AppVersion) $image.tag) }}
{{- else }}
{{- printf "%s:%s" $image.repository $image.tag }}
{{- end }}
{{- end }}

{{- define "signpost.imagePullSecrets" -}}
{{- with .Values.imagePullSecrets | default .Values.global.imagePullSecrets -}}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Annotations whose keys and values are templates: (dict "context" . "annotations" …). */}}
{{- define "signpost.templated" -}}
{{- range $key, $value := .annotations }}
{{ tpl $key $.context }}: {{ tpl (toString $value) $.context | quote }}
{{- end }}
{{- end }}

{{/* Affinity in which every pod term has a labelSelector: (dict "affinity" … "labels" …). */}}
{{- define "signpost.affinity" -}}
{{- $affinity := deepCopy .affinity }}
{{- $selector := dict "matchLabels" (fromYaml .labels) }}
{{- range $kind := list "podAffinity" "podAntiAffinity" }}
{{- with get $affinity $kind }}
{{- /* What has another form is for the API server to refuse. */ -}}
{{- $terms := list }}
{{- with .requiredDuringSchedulingIgnoredDuringExecution }}{{ if kindIs "slice" . }}{{ $terms = . }}{{ end }}{{ end }}
{{- with .preferredDuringSchedulingIgnoredDuringExecution }}
{{- if kindIs "slice" . }}{{ range . }}{{ if kindIs "map" . }}{{ $terms = append $terms .podAffinityTerm }}{{ end }}{{ end }}{{ end }}
{{- end }}
{{- range $terms }}
{{- if kindIs "map" . }}{{ if not .labelSelector }}{{ $_ := set . "labelSelector" $selector }}{{ end }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $affinity }}
{{- end }}

{{- define "signpost.topologySpreadConstraints" -}}
{{- $selector := dict "matchLabels" (fromYaml .labels) }}
{{- $constraints := list }}
{{- range .constraints }}
{{- $constraints = append $constraints (mergeOverwrite (dict "labelSelector" $selector) (deepCopy .)) }}
{{- end }}
{{- toYaml $constraints }}
{{- end }}
