{{/* Parts of pods. */}}

{{/* The provider's container, for either pod. */}}
{{- define "signpost.provider.container" -}}
{{- $provider := .Values.provider }}
{{- $webhook := $provider.webhook }}
{{- $aws := $provider.aws }}
{{- $isAws := eq $provider.name "aws" -}}
- name: webhook
  {{- with $webhook.securityContext }}
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
  {{- if $isAws }}
  {{- $arguments = include "signpost.fixed" (dict "context" . "program" "route53-webhook" "arguments" $arguments) | fromJsonArray }}
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
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $webhook.readinessProbe }}
  readinessProbe:
    {{- $probe := deepCopy . }}
    {{- if and $probe.httpGet (not $probe.httpGet.path) }}
    {{- $_ := set $probe.httpGet "path" (ternary "/readyz" "/healthz" $isAws) }}
    {{- end }}
    {{- toYaml $probe | nindent 4 }}
  {{- end }}
  {{- $mounts := list }}
  {{- if and $isAws $aws.credentials.secretName }}
  {{- $mounts = append $mounts (dict "name" "aws-credentials" "mountPath" "/run/secrets/aws" "readOnly" true) }}
  {{- end }}
  {{- if and $isAws .Values.config.enabled }}
  {{- $mounts = append $mounts (dict "name" "config" "mountPath" "/etc/signpost" "readOnly" true) }}
  {{- end }}
  {{- if $webhook.unixSocket }}
  {{- $mounts = append $mounts (dict "name" "provider-socket" "mountPath" "/run/signpost") }}
  {{- end }}
  {{- with concat $mounts $webhook.extraVolumeMounts }}
  volumeMounts:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $webhook.resources }}
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
{{- if $provider.webhook.unixSocket }}
{{- $volumes = append $volumes (dict "name" "provider-socket" "emptyDir" (dict "medium" "Memory" "sizeLimit" "1Mi")) }}
{{- end }}
{{- toJson (concat $volumes $provider.webhook.extraVolumes) }}
{{- end }}
