{{/* What cannot work, with what to do about it: better now than as a pod that never starts. */}}
{{- define "signpost.checks" -}}
{{- $values := .Values }}
{{- $provider := $values.provider }}
{{- $arguments := include "signpost.arguments" . | fromJsonArray }}
{{- if and $values.txtPrefix $values.txtSuffix }}
{{- fail "\n\ntxtPrefix and txtSuffix exclude each other: keep the one that existing ownership records have." }}
{{- end }}

{{- $variables := dict }}
{{- range $values.env }}{{ $_ := set $variables .name true }}{{ end }}
{{- $policies := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "policy") | fromJsonArray }}
{{- if and (not $policies) (not (hasKey $variables "EXTERNAL_DNS_POLICY")) (not $values.envFrom) }}
{{- fail "\n\npolicy is not set, and has no default, as in ExternalDNS's chart from 1.22. Choose one:\n  upsert-only   never deletes; what ExternalDNS's chart up to 1.21 and Bitnami's had where the values do not say\n  sync          also deletes what is no longer asked for, orphans of all the years before among it; what the program ExternalDNS had up to v0.21\n  create-only   only creates\nMoving from ExternalDNS: the policy that it runs with stands in `kubectl get deployment external-dns -o yaml`." }}
{{- end }}
{{- $deletes := or (has "sync" $policies) (contains "delete" (join "," $policies)) }}
{{- if and $deletes (has "--registry=txt" $arguments) }}
{{- $owners := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "txt-owner-id") | fromJsonArray }}
{{- if and (not $owners) (not (hasKey $variables "EXTERNAL_DNS_TXT_OWNER_ID")) (not $values.envFrom) }}
{{- fail (printf "\n\ntxtOwnerId is not set. policy `%s` deletes records, so this installation needs a name that marks its own: the cluster's name, for example.\nMoving from ExternalDNS: keep its txtOwnerId; where it had none, choose one and add extraArgs `migrate-from-txt-owner: default`.\nTo try things out without deletions: policy `upsert-only`." (join "," $policies)) }}
{{- end }}
{{- if and (has "default" $owners) (not (include "signpost.isOn" (dict "arguments" $arguments "flag" "allow-default-owner"))) }}
{{- fail "\n\ntxtOwnerId is `default`, which is what every installation is called that never chose a name; two of them delete each other's records.\nChoose a name and add extraArgs `migrate-from-txt-owner: default` to take over what is asked for here, or, if this is the only installation in its zones, extraArgs `allow-default-owner: true`." }}
{{- end }}
{{- end }}

{{- if and $values.state.volume $values.state.configMap.enabled }}
{{- fail "\n\nstate.volume and state.configMap.enabled exclude each other: state is kept in one place." }}
{{- end }}

{{- if and (gt (int $values.replicaCount) 1) (not (include "signpost.isOn" (dict "arguments" $arguments "flag" "leader-elect"))) }}
{{- fail "\n\nreplicaCount is more than 1 without leader election: the replicas would revert each other's work. Leave leaderElection.enabled empty." }}
{{- end }}

{{- range $arguments }}
{{- if hasPrefix "--aws-" . }}
{{- fail (printf "\n\nextraArgs: `%s` is a flag of the AWS provider, not of the controller: move it to provider.webhook.args." .) }}
{{- end }}
{{- if hasPrefix "--metrics-address" . }}
{{- fail "\n\nextraArgs: `--metrics-address` is not for here: probes, the Service and the monitors use the port 7979; service.port is what others see." }}
{{- end }}
{{- end }}
{{- if ne $provider.mode "external" }}
{{- range $name, $_ := $variables }}
{{- if hasPrefix "AWS_" $name }}
{{- fail (printf "\n\nenv: `%s` is read by the provider, not by the controller: move it to provider.webhook.env." $name) }}
{{- end }}
{{- end }}
{{- end }}

{{- if and (eq $provider.name "webhook") (ne $provider.mode "external") }}
{{- if not (and $provider.webhook.image.repository $provider.webhook.image.tag) }}
{{- fail "\n\nprovider.name is `webhook`: name the provider's image with provider.webhook.image.repository and provider.webhook.image.tag." }}
{{- end }}
{{- end }}
{{- if and (eq $provider.mode "external") (not $provider.url) }}
{{- fail "\n\nprovider.mode is `external`: say where the provider listens with provider.url." }}
{{- end }}
{{- if and (ne $provider.mode "external") $provider.url }}
{{- fail "\n\nprovider.url is only for provider.mode `external`; with `sidecar` and `deployment` the chart knows where the provider is." }}
{{- end }}
{{- if and (ne $provider.mode "sidecar") $provider.webhook.unixSocket }}
{{- fail "\n\nprovider.webhook.unixSocket needs provider.mode `sidecar`: a socket file cannot be shared between pods." }}
{{- end }}

{{- if and $values.rbac.create (not $values.rbac.clusterRole) (include "signpost.isNamespaced" .) }}
{{- $everywhere := get (get (include "signpost.permissions" . | fromJson) "rules") "*" }}
{{- if $everywhere }}
{{- $names := list }}
{{- range $group, $resources := $everywhere }}{{ $names = concat $names (keys $resources) }}{{ end }}
{{- fail (printf "\n\nThe namespaces are limited, but these sources also read %s in the whole cluster, which Roles cannot allow.\nAllow a ClusterRole for just that with rbac.clusterRole=true, or leave out the source. For Gateways, gatewayNamespace names the one namespace they are in." (sortAlpha $names | join ", ")) }}
{{- end }}
{{- end }}
{{- end }}
