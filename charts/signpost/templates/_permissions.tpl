{{/*
What the controller may read, from permissions.yaml and the controller's arguments: a map from namespace (`*` for the
whole cluster) to a map from API group to a map from resource to verbs. `missing` lists what the controller has to do
without where it has Roles only.
*/}}
{{- define "signpost.permissions" -}}
{{- $arguments := include "signpost.arguments" . | fromJsonArray }}
{{- $table := .Files.Get "permissions.yaml" | fromYaml }}
{{- $scopes := dict "cluster" (list "*") }}
{{- range $scope, $flag := dict "namespaces" "namespace" "gateway" "gateway-namespace" "gloo" "gloo-namespace" }}
{{- $names := include "signpost.valuesOf" (dict "arguments" $arguments "flag" $flag) | fromJsonArray | compact }}
{{- $_ := set $scopes $scope (default (list (ternary "gloo-system" "*" (eq $scope "gloo"))) $names) }}
{{- end }}
{{- $types := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "service-type-filter") | fromJsonArray }}
{{- $rolesOnly := and $.Values.rbac.create (not $.Values.rbac.clusterRole) (not (has "*" $scopes.namespaces)) }}
{{- $missing := list }}
{{- $all := dict }}
{{- $read := list "get" "list" "watch" }}
{{- range $source := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "source") | fromJsonArray }}
{{- range $row := get $table $source }}
{{- $needed := true }}
{{- if and $row.serviceTypes $types }}
{{- $needed = false }}
{{- range $row.serviceTypes }}{{ if has . $types }}{{ $needed = true }}{{ end }}{{ end }}
{{- end }}
{{- if $row.flags }}
{{- $on := false }}
{{- range $row.flags }}{{ if include "signpost.isOn" (dict "arguments" $arguments "flag" .) }}{{ $on = true }}{{ end }}{{ end }}
{{- $needed = and $needed $on }}
{{- end }}
{{- range $row.unless }}{{ if include "signpost.isOn" (dict "arguments" $arguments "flag" .) }}{{ $needed = false }}{{ end }}{{ end }}
{{- if and $needed $row.optional $rolesOnly }}
{{- $missing = append $missing $row.resource }}
{{- else if $needed }}
{{- range $namespace := get $scopes (default "namespaces" $row.within) }}
{{- $groups := default dict (get $all $namespace) }}
{{- $resources := default dict (get $groups $row.group) }}
{{- $_ := set $resources $row.resource $read }}
{{- if $row.status }}{{ $_ := set $resources (printf "%s/status" $row.resource) (list "patch" "update") }}{{ end }}
{{- $_ := set $groups $row.group $resources }}
{{- $_ := set $all $namespace $groups }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- /* plural.version.group, as the flag has it */ -}}
{{- range $resource := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "unstructured-resource") | fromJsonArray }}
{{- $parts := regexSplit "\\." $resource 3 }}
{{- $group := ternary (last $parts) "" (eq (len $parts) 3) }}
{{- range $namespace := $scopes.namespaces }}
{{- $groups := default dict (get $all $namespace) }}
{{- $_ := set $groups $group (merge (default dict (get $groups $group)) (dict (first $parts) $read)) }}
{{- $_ := set $all $namespace $groups }}
{{- end }}
{{- end }}
{{- /* Events stand beside the objects that they are about, and those of what a person had done beside the controller; what a person
must act on is told unless values say otherwise. */ -}}
{{- $events := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "events-emit") | fromJsonArray }}
{{- if without (default (list "ActionNeeded") $events) "None" }}
{{- $own := include "signpost.namespace" $ }}
{{- range include "signpost.valuesOf" (dict "arguments" $arguments "flag" "state-configmap") | fromJsonArray }}
{{- if contains "/" . }}{{ $own = regexReplaceAll "/.*$" . "" }}{{ end }}
{{- end }}
{{- range $namespace := append $scopes.namespaces $own | uniq }}
{{- $groups := default dict (get $all $namespace) }}
{{- $_ := set $groups "events.k8s.io" (dict "events" (list "create")) }}
{{- $_ := set $all $namespace $groups }}
{{- end }}
{{- end }}
{{- /* What may be read everywhere needs no second rule in a namespace. */ -}}
{{- $everywhere := default dict (get $all "*") }}
{{- $result := dict }}
{{- range $namespace, $groups := $all }}
{{- $kept := dict }}
{{- range $group, $resources := $groups }}
{{- $known := default dict (get $everywhere $group) }}
{{- $left := dict }}
{{- range $resource, $verbs := $resources }}
{{- if or (eq $namespace "*") (not (hasKey $known $resource)) }}{{ $_ := set $left $resource $verbs }}{{ end }}
{{- end }}
{{- if $left }}{{ $_ := set $kept $group $left }}{{ end }}
{{- end }}
{{- if $kept }}{{ $_ := set $result $namespace $kept }}{{ end }}
{{- end }}
{{- toJson (dict "rules" $result "missing" (sortAlpha (uniq $missing))) }}
{{- end }}

{{/*
The rules of one role, from one part of that map and rules of the values: (dict "part" … "further" …). Resources of one
group and the same verbs share a rule.
*/}}
{{- define "signpost.rules" -}}
{{- if not (or .part .further) }}
rules: []
{{- else }}
rules:
{{- range $group, $resources := .part }}
{{- $byVerbs := dict }}
{{- range $resource, $verbs := $resources }}
{{- $key := join "," $verbs }}
{{- $_ := set $byVerbs $key (append (default list (get $byVerbs $key)) $resource) }}
{{- end }}
{{- range $verbs, $names := $byVerbs }}
  - apiGroups: [{{ $group | quote }}]
    resources: {{ sortAlpha $names | toJson }}
    verbs: {{ splitList "," $verbs | toJson }}
{{- end }}
{{- end }}
{{- with .further }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* Not empty when the controller tells this cluster from others by the namespace kube-system. */}}
{{- define "signpost.wantsInstance" -}}
{{- $arguments := include "signpost.arguments" . | fromJsonArray }}
{{- $instance := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "instance-id") | fromJsonArray }}
{{- if and (has "--registry=txt" $arguments) (or (not $instance) (has "auto" $instance)) }}yes{{ end }}
{{- end }}

{{/* The rules of the ClusterRole; empty when there is to be none. */}}
{{- define "signpost.clusterRules" -}}
{{- if .Values.rbac.create }}
{{- $part := default dict (get (get (include "signpost.permissions" . | fromJson) "rules") "*") }}
{{- $namespaced := include "signpost.isNamespaced" . }}
{{- $further := list }}
{{- $namespaces := hasKey (default dict (get $part "")) "namespaces" }}
{{- if and (include "signpost.wantsInstance" .) (not $namespaces) (or (not $namespaced) .Values.rbac.clusterRole) }}
{{- $further = list (dict "apiGroups" (list "") "resources" (list "namespaces") "resourceNames" (list "kube-system") "verbs" (list "get")) }}
{{- end }}
{{- if .Values.rbac.tokenReviews }}
{{- $further = append $further (dict "apiGroups" (list "authentication.k8s.io") "resources" (list "tokenreviews") "verbs" (list "create")) }}
{{- $further = append $further (dict "apiGroups" (list "authorization.k8s.io") "resources" (list "subjectaccessreviews") "verbs" (list "create")) }}
{{- end }}
{{- if not $namespaced }}
{{- $further = concat $further .Values.rbac.additionalPermissions }}
{{- end }}
{{- if or (not $namespaced) $part $further }}
{{- include "signpost.rules" (dict "part" $part "further" $further) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Not empty when the controller reads some namespaces only. */}}
{{- define "signpost.isNamespaced" -}}
{{- $arguments := include "signpost.arguments" . | fromJsonArray }}
{{- include "signpost.valuesOf" (dict "arguments" $arguments "flag" "namespace") | fromJsonArray | join "," }}
{{- end }}
