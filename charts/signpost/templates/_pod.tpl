{{/* Parts of pods. */}}

{{/* What Kubernetes would mount into every container: token, certificate and namespace. */}}
{{- define "signpost.tokenVolume" -}}
name: kubernetes-token
projected:
  defaultMode: 420
  sources:
    - serviceAccountToken: {path: token, expirationSeconds: 3607}
    - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
    - downwardAPI: {items: [{path: namespace, fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}]}
{{- end }}

{{/*
Annotations of the controller's pod. The webhook of EKS, for IRSA and for Pod Identity, gives the account's AWS token to every
container that is not named here (https://github.com/aws/amazon-eks-pod-identity-webhook).
*/}}
{{- define "signpost.podAnnotations" -}}
{{- $annotations := dict }}
{{- if eq .Values.provider.name "aws" }}{{ $_ := set $annotations "eks.amazonaws.com/skip-containers" "signpost" }}{{ end }}
{{- toYaml (mergeOverwrite $annotations (deepCopy .Values.podAnnotations)) }}
{{- end }}

{{/*
Which of `extraVolumeMounts` are the controller's, and which bring files that the provider reads: those that a variable or an
argument of it names, and the folder `.aws`, in which AWS's programs look by themselves: two lists.
*/}}
{{- define "signpost.parted" -}}
{{- $webhook := .Values.provider.webhook }}
{{- $controller := list }}
{{- $provider := list }}
{{- $own := list }}
{{- range $webhook.extraVolumeMounts }}{{ $own = append $own .mountPath }}{{ end }}
{{- $files := list }}
{{- range $webhook.env }}{{ $files = append $files (default "" .value) }}{{ end }}
{{- if include "signpost.provider.program" . }}
{{- range include "signpost.provider.arguments" . | fromJsonArray }}{{ $files = append $files (regexReplaceAll "^[^=]*=?" . "") }}{{ end }}
{{- end }}
{{- range $mount := .Values.extraVolumeMounts }}
{{- $path := trimSuffix "/" (toString $mount.mountPath) }}
{{- $wanted := and (eq $.Values.provider.name "aws") (hasSuffix "/.aws" $path) }}
{{- range $files }}
{{- if or (eq . $path) (hasPrefix (printf "%s/" $path) .) }}{{ $wanted = true }}{{ end }}
{{- end }}
{{- if and $wanted (ne $.Values.provider.mode "external") }}
{{- if not (has $mount.mountPath $own) }}{{ $provider = append $provider $mount }}{{ end }}
{{- else }}
{{- $controller = append $controller $mount }}
{{- end }}
{{- end }}
{{- toJson (dict "controller" $controller "provider" $provider) }}
{{- end }}

{{/* Where AWS's programs look for their folder `.aws`, if it is mounted and nothing else says where: the folder above it. */}}
{{- define "signpost.homeOfAws" -}}
{{- $webhook := .Values.provider.webhook }}
{{- $home := "" }}
{{- range concat (get (include "signpost.parted" . | fromJson) "provider") $webhook.extraVolumeMounts }}
{{- $path := trimSuffix "/" (toString .mountPath) }}
{{- if hasSuffix "/.aws" $path }}{{ $home = default "/" (trimSuffix "/.aws" $path) }}{{ end }}
{{- end }}
{{- if .Values.provider.aws.credentials.secretName }}{{ $home = "" }}{{ end }}
{{- range $webhook.env }}
{{- if has .name (list "HOME" "AWS_SHARED_CREDENTIALS_FILE" "AWS_CONFIG_FILE") }}{{ $home = "" }}{{ end }}
{{- end }}
{{- $home }}
{{- end }}

{{/*
The Secrets by which name servers and their provider know each other through TLS, as a list: the name of each volume, the Secret,
and the keys of it that are mounted.
*/}}
{{- define "signpost.nameServerSecrets" -}}
{{- $list := list }}
{{- if eq .Values.provider.name "rfc2136" }}
{{- $own := .Values.provider.rfc2136 }}
{{- with $own.tls.caSecretName }}{{ $list = append $list (dict "name" "rfc2136-ca" "secret" . "keys" (list "ca.crt")) }}{{ end }}
{{- with $own.tls.clientSecretName }}{{ $list = append $list (dict "name" "rfc2136-client" "secret" . "keys" (list "tls.crt" "tls.key")) }}{{ end }}
{{- end }}
{{- toJson $list }}
{{- end }}

{{/* The provider's security context: a hardened one for our own image, and for others what the values say. */}}
{{- define "signpost.provider.securityContext" -}}
{{- $own := deepCopy (default dict .Values.provider.webhook.securityContext) }}
{{- if include "signpost.provider.program" . }}
{{- $own = mergeOverwrite (deepCopy (.Files.Get "defaults.json" | fromJson).securityContext) $own }}
{{- end }}
{{- toYaml $own }}
{{- end }}

{{/* Not empty when both talk through a file: where nothing else is said, with our provider in the pod and one user for both. */}}
{{- define "signpost.usesSocket" -}}
{{- $provider := .Values.provider }}
{{- $asked := $provider.webhook.unixSocket }}
{{- if kindIs "invalid" $asked }}
{{- $asked = and (include "signpost.provider.program" .) (eq $provider.mode "sidecar") }}
{{- $controller := default dict .Values.securityContext }}
{{- $webhook := include "signpost.provider.securityContext" . | fromYaml }}
{{- if ne (toString $controller.runAsUser) (toString $webhook.runAsUser) }}{{ $asked = false }}{{ end }}
{{- $further := include "signpost.extraArguments" (dict "context" . "values" .Values.extraArgs) | fromJsonArray }}
{{- if include "signpost.isGiven" (dict "arguments" $further "flag" "webhook-provider-url") }}{{ $asked = false }}{{ end }}
{{- $further = include "signpost.providerArguments" $provider.webhook.args | fromJsonArray }}
{{- if include "signpost.isGiven" (dict "arguments" $further "flag" "listen") }}{{ $asked = false }}{{ end }}
{{- end }}
{{- if $asked }}yes{{ end }}
{{- end }}

{{/*
The files by which the controller and a provider in a pod of its own know each other: (dict "context" . "end" "controller" or
"provider"). A list of volumes, each with the flags that read its files. No end gets the other's key.
*/}}
{{- define "signpost.secrets" -}}
{{- $list := list }}
{{- $provider := .context.Values.provider }}
{{- if eq $provider.mode "deployment" }}
{{- $deployment := $provider.deployment }}
{{- $isController := eq .end "controller" }}
{{- with $deployment.token.secretName }}
{{- $list = append $list (dict "name" "provider-token" "secret" . "keys" (dict "token" $deployment.token.secretKey) "flags" (dict "token" "/run/secrets/provider-token/token")) }}
{{- end }}
{{- $own := dict "tls.crt" "tls.crt" "tls.key" "tls.key" }}
{{- $authority := dict "ca.crt" "ca.crt" }}
{{- range $name, $secret := dict "provider-tls" $deployment.tls.secretName "controller-tls" $deployment.tls.clientSecretName }}
{{- if $secret }}
{{- $folder := printf "/run/secrets/%s" $name }}
{{- if eq $isController (eq $name "controller-tls") }}
{{- $list = append $list (dict "name" $name "secret" $secret "keys" $own "flags" (dict "cert" (printf "%s/tls.crt" $folder) "key" (printf "%s/tls.key" $folder))) }}
{{- else }}
{{- $list = append $list (dict "name" $name "secret" $secret "keys" $authority "flags" (dict (ternary "ca" "client-ca" $isController) (printf "%s/ca.crt" $folder))) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $list }}
{{- end }}

{{/* Where those are mounted, as a list. */}}
{{- define "signpost.secretMounts" -}}
{{- $mounts := list }}
{{- range include "signpost.secrets" . | fromJsonArray }}
{{- $mounts = append $mounts (dict "name" .name "mountPath" (printf "/run/secrets/%s" .name) "readOnly" true) }}
{{- end }}
{{- toJson $mounts }}
{{- end }}

{{/* The volumes of those, as a list. */}}
{{- define "signpost.secretVolumes" -}}
{{- $volumes := list }}
{{- range include "signpost.secrets" . | fromJsonArray }}
{{- $items := list }}
{{- range $path, $key := .keys }}{{ $items = append $items (dict "key" $key "path" $path) }}{{ end }}
{{- $volumes = append $volumes (dict "name" .name "secret" (dict "secretName" .secret "items" $items)) }}
{{- end }}
{{- toJson $volumes }}
{{- end }}

{{/* Not empty when the port of health and metrics speaks TLS: (dict "arguments" … "env" …). */}}
{{- define "signpost.metricsTls" -}}
{{- include "signpost.isGiven" (dict "arguments" .arguments "flag" "metrics-cert-file") }}
{{- range .env }}{{ if eq .name "EXTERNAL_DNS_METRICS_CERT_FILE" }}given{{ end }}{{ end }}
{{- end }}

{{/* A probe as it has to ask where that port speaks TLS or not: (dict "probe" … "tls" …). */}}
{{- define "signpost.probe" -}}
{{- $probe := deepCopy .probe }}
{{- if and .tls $probe.httpGet }}
{{- if not $probe.httpGet.scheme }}{{ $_ := set $probe.httpGet "scheme" "HTTPS" }}{{ end }}
{{- end }}
{{- toYaml $probe }}
{{- end }}

{{/* The provider's container, for either pod. */}}
{{- define "signpost.provider.container" -}}
{{- $provider := .Values.provider }}
{{- $webhook := $provider.webhook }}
{{- $aws := $provider.aws }}
{{- $rfc2136 := $provider.rfc2136 }}
{{- $isAws := eq $provider.name "aws" }}
{{- $isRfc2136 := eq $provider.name "rfc2136" }}
{{- $program := include "signpost.provider.program" . -}}
- name: webhook
  {{- with include "signpost.provider.securityContext" . | fromYaml }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  image: {{ include "signpost.provider.image" . }}
  imagePullPolicy: {{ $webhook.image.pullPolicy }}
  {{- $variables := list }}
  {{- if $isAws }}
  {{- with $aws.region }}{{ $variables = append $variables (dict "name" "AWS_REGION" "value" .) }}{{ end }}
  {{- with $aws.endpointUrl }}{{ $variables = append $variables (dict "name" "AWS_ENDPOINT_URL" "value" .) }}{{ end }}
  {{- with $aws.credentials }}
  {{- if .secretName }}
  {{- $variables = append $variables (dict "name" "AWS_SHARED_CREDENTIALS_FILE" "value" (printf "/run/secrets/aws/%s" .secretKey)) }}
  {{- end }}
  {{- end }}
  {{- with include "signpost.homeOfAws" . }}{{ $variables = append $variables (dict "name" "HOME" "value" .) }}{{ end }}
  {{- end }}
  {{- with concat $variables $webhook.env }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $webhook.envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $arguments := include "signpost.provider.arguments" . | fromJsonArray }}
  {{- $tls := "" }}
  {{- if $program }}
  {{- $tls = include "signpost.metricsTls" (dict "arguments" $arguments "env" $webhook.env) }}
  {{- $arguments = include "signpost.fixed" (dict "context" . "program" $program "arguments" $arguments) | fromJsonArray }}
  {{- end }}
  {{- with $arguments }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    {{- if eq $provider.mode "deployment" }}
    - name: provider
      protocol: TCP
      containerPort: {{ $provider.deployment.port }}
    {{- end }}
    - name: http-webhook
      protocol: TCP
      containerPort: 8080
  {{- with $webhook.livenessProbe }}
  livenessProbe:
    {{- include "signpost.probe" (dict "probe" . "tls" $tls) | nindent 4 }}
  {{- end }}
  {{- with $webhook.readinessProbe }}
  readinessProbe:
    {{- $probe := deepCopy . }}
    {{- if and $probe.httpGet (not $probe.httpGet.path) }}
    {{- $_ := set $probe.httpGet "path" (ternary "/healthz" "/readyz" (empty $program)) }}
    {{- end }}
    {{- include "signpost.probe" (dict "probe" $probe "tls" $tls) | nindent 4 }}
  {{- end }}
  {{- $mounts := list }}
  {{- if and $isAws $aws.credentials.secretName }}
  {{- $mounts = append $mounts (dict "name" "aws-credentials" "mountPath" "/run/secrets/aws" "readOnly" true) }}
  {{- end }}
  {{- if and $isRfc2136 $rfc2136.keys.secretName }}
  {{- $mounts = append $mounts (dict "name" "rfc2136-keys" "mountPath" "/run/secrets/rfc2136" "readOnly" true) }}
  {{- end }}
  {{- range include "signpost.nameServerSecrets" . | fromJsonArray }}
  {{- $mounts = append $mounts (dict "name" .name "mountPath" (printf "/run/secrets/%s" .name) "readOnly" true) }}
  {{- end }}
  {{- if and $program .Values.config.enabled }}
  {{- $mounts = append $mounts (dict "name" "config" "mountPath" "/etc/signpost" "readOnly" true) }}
  {{- end }}
  {{- if include "signpost.usesSocket" . }}
  {{- $mounts = append $mounts (dict "name" "provider-socket" "mountPath" "/run/signpost") }}
  {{- end }}
  {{- $mounts = concat $mounts (include "signpost.secretMounts" (dict "context" . "end" "provider") | fromJsonArray) }}
  {{- with concat $mounts $webhook.extraVolumeMounts (get (include "signpost.parted" . | fromJson) "provider") }}
  volumeMounts:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $resources := $webhook.resources }}
  {{- if and $program (not $resources) }}{{ $resources = .Values.resources }}{{ end }}
  {{- with $resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* The volumes of the provider's container, as a list. */}}
{{- define "signpost.provider.volumes" -}}
{{- $provider := .Values.provider }}
{{- $volumes := list }}
{{- if and (eq $provider.name "aws") $provider.aws.credentials.secretName }}
{{- $secret := dict "secretName" $provider.aws.credentials.secretName }}
{{- $volumes = append $volumes (dict "name" "aws-credentials" "secret" $secret) }}
{{- end }}
{{- if and (eq $provider.name "rfc2136") $provider.rfc2136.keys.secretName }}
{{- $secret := dict "secretName" $provider.rfc2136.keys.secretName }}
{{- $volumes = append $volumes (dict "name" "rfc2136-keys" "secret" $secret) }}
{{- end }}
{{- range include "signpost.nameServerSecrets" . | fromJsonArray }}
{{- $items := list }}
{{- range .keys }}{{ $items = append $items (dict "key" . "path" .) }}{{ end }}
{{- $volumes = append $volumes (dict "name" .name "secret" (dict "secretName" .secret "items" $items)) }}
{{- end }}
{{- if include "signpost.usesSocket" . }}
{{- $volumes = append $volumes (dict "name" "provider-socket" "emptyDir" (dict "medium" "Memory" "sizeLimit" "1Mi")) }}
{{- end }}
{{- $volumes = concat $volumes (include "signpost.secretVolumes" (dict "context" . "end" "provider") | fromJsonArray) }}
{{- /* In a pod of its own, the volumes of mounts that moved here come along; in the controller's they are there. */ -}}
{{- if eq $provider.mode "deployment" }}
{{- $names := list }}
{{- range get (include "signpost.parted" . | fromJson) "provider" }}{{ $names = append $names .name }}{{ end }}
{{- range $provider.webhook.extraVolumeMounts }}{{ $names = append $names .name }}{{ end }}
{{- range $provider.webhook.extraVolumes }}{{ $names = without $names .name }}{{ end }}
{{- range .Values.extraVolumes }}{{ if has .name $names }}{{ $volumes = append $volumes . }}{{ end }}{{ end }}
{{- end }}
{{- toJson (concat $volumes $provider.webhook.extraVolumes) }}
{{- end }}
