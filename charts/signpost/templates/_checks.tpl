{{/*
What cannot work, with what to do about it: better now than as a pod that never starts. Everything is looked at before
anything is said: (dict "context" . "state" … "known" …).
*/}}
{{- define "signpost.checks" -}}
{{- $context := .context }}
{{- $state := .state }}
{{- $values := $context.Values }}
{{- $provider := $values.provider }}
{{- $program := include "signpost.provider.program" $context }}
{{- $problems := list }}
{{- $variables := dict }}
{{- range $values.env }}{{ $_ := set $variables .name true }}{{ end }}
{{- $elsewhere := not (empty $values.envFrom) }}

{{- /* What `signpost convert` left to a person. */ -}}
{{- range include "signpost.open" (dict "value" (omit $values "-settled") "place" "") | fromJsonArray }}
{{- $problems = append $problems (printf "%s: `CHANGE-ME` stands where something is still to be written, as `signpost convert` said: write it, or take it out where there is nothing to say" .) }}
{{- end }}

{{- /* What is written into arguments, flag by flag. */ -}}
{{- $problems = concat $problems (include "signpost.wrongArguments" (dict "context" $context "known" .known "program" "signpost" "place" "extraArgs" "values" $values.extraArgs) | fromJsonArray) }}
{{- if and $program (ne $provider.mode "external") }}
{{- $problems = concat $problems (include "signpost.wrongArguments" (dict "context" $context "known" .known "program" $program "place" "provider.webhook.args" "values" $provider.webhook.args) | fromJsonArray) }}
{{- end }}
{{- $problems = concat $problems (include "signpost.wrongVariables" (dict "known" .known "program" "signpost" "place" "env" "env" $values.env) | fromJsonArray) }}
{{- if $program }}
{{- $problems = concat $problems (include "signpost.wrongVariables" (dict "known" .known "program" $program "place" "provider.webhook.env" "env" $provider.webhook.env) | fromJsonArray) }}
{{- end }}

{{- $arguments := include "signpost.arguments" $context | fromJsonArray }}
{{- if not (or (include "signpost.valuesOf" (dict "arguments" $arguments "flag" "source") | fromJsonArray) (hasKey $variables "EXTERNAL_DNS_SOURCE") $elsewhere (contains "sources[" (join " " $state.problems))) }}
{{- $problems = append $problems "sources: there is none, so nothing would be read; name some, such as [service, ingress], or give extraArgs `source`" }}
{{- end }}

{{- if and (include "signpost.isGiven" (dict "arguments" $arguments "flag" "txt-prefix")) (include "signpost.isGiven" (dict "arguments" $arguments "flag" "txt-suffix")) }}
{{- $problems = append $problems "txtPrefix and txtSuffix exclude each other: keep the one that existing ownership records have" }}
{{- end }}

{{- $policies := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "policy") | fromJsonArray }}
{{- if and (not $policies) (not (hasKey $variables "EXTERNAL_DNS_POLICY")) (not $elsewhere) (not (contains "policy: " (join "\n" $state.problems))) }}
{{- $problems = append $problems "policy is not set, and has no default, as in ExternalDNS's chart from 1.22. Choose one:\n      upsert-only   never deletes; what ExternalDNS's chart up to 1.21 and Bitnami's had where the values do not say\n      sync          also deletes what is no longer asked for, with the orphans of all the years before; what the program had up to v0.21\n      create-only   only creates\n    Moving from ExternalDNS: `kubectl get deployment external-dns -o yaml` shows the policy that it runs with" }}
{{- end }}

{{- $deletes := or (has "sync" $policies) (contains "delete" (join "," $policies)) }}
{{- if and $deletes (has "--registry=txt" $arguments) }}
{{- $owners := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "txt-owner-id") | fromJsonArray }}
{{- if and (not $owners) (not (hasKey $variables "EXTERNAL_DNS_TXT_OWNER_ID")) (not $elsewhere) (not (contains "txtOwnerId: " (join "\n" $state.problems))) }}
{{- $problems = append $problems (printf "txtOwnerId is not set. policy `%s` deletes records, so this installation needs a name that marks its own: the cluster's name, for example. Moving from ExternalDNS: keep its txtOwnerId; where it had none, choose one and add extraArgs `migrate-from-txt-owner: default`. To try things out without deletions: policy `upsert-only`" (join "," $policies)) }}
{{- end }}
{{- if and (has "default" $owners) (not (include "signpost.isOn" (dict "arguments" $arguments "flag" "allow-default-owner"))) }}
{{- $problems = append $problems "txtOwnerId is `default`, which is what every installation is called that never chose a name; two of them delete each other's records. Choose a name and add extraArgs `migrate-from-txt-owner: default` to take over what is desired here, or, if this is the only installation in its zones, extraArgs `allow-default-owner: true`" }}
{{- end }}
{{- end }}

{{- if and $values.sourceNamespace (not $values.namespaced) (not $values.sourceNamespaces) }}
{{- $problems = append $problems (printf "sourceNamespace: counts with `namespaced: true` only; without it ExternalDNS's chart reads every namespace. Add `namespaced: true` to read `%s` alone, which deletes what other namespaces published under a policy that deletes; or leave sourceNamespace out to go on reading all" $values.sourceNamespace) }}
{{- end }}

{{- if and $values.state.volume $values.state.configMap.enabled }}
{{- $problems = append $problems "state.volume and state.configMap.enabled exclude each other: state is kept in one place" }}
{{- end }}

{{- if and (gt (int $values.replicaCount) 1) (not (include "signpost.isOn" (dict "arguments" $arguments "flag" "leader-elect"))) }}
{{- $problems = append $problems "replicaCount is more than 1 without leader election: the replicas would revert each other's work. Leave leaderElection.enabled empty" }}
{{- end }}

{{- if and (include "signpost.isGiven" (dict "arguments" $arguments "flag" "shard")) (not (has $values.provider.name (list "aws" "webhook"))) }}
{{- $problems = append $problems (printf "shard: the provider `%s` cannot be divided. Install one release for each part of the zones, each with its own domainFilters" $values.provider.name) }}
{{- end }}

{{- if include "signpost.isGiven" (dict "arguments" $arguments "flag" "metrics-address") }}
{{- $problems = append $problems "extraArgs: `--metrics-address` is not for here: probes, the Service and the monitors use the port 7979; service.port is what others see" }}
{{- end }}
{{- if ne $provider.mode "external" }}
{{- range $name, $_ := $variables }}
{{- if hasPrefix "AWS_" $name }}
{{- $problems = append $problems (printf "env: `%s` is read by the provider, not by the controller: move it to provider.webhook.env" $name) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* Another program would get our arguments and end with them. */ -}}
{{- $name := splitList "/" $values.image.repository | last }}
{{- if or (not (contains "signpost" $values.image.repository)) (contains "external-dns" $name) (contains "externaldns" $name) (contains "route53-webhook" $name) (contains "rfc2136-webhook" $name) }}
{{- $problems = append $problems (printf "image.repository: `%s` is not Signpost's controller, and would be started with its arguments; leave image.repository and image.tag of ExternalDNS out, or name a mirror with `signpost` in it" $values.image.repository) }}
{{- end }}
{{- if and $program (ne $provider.mode "external") $provider.webhook.image.repository (not (contains $program (default $program $provider.webhook.image.repository))) }}
{{- $problems = append $problems (printf "provider.webhook.image.repository: `%s` is not `%s`, the provider of provider.name `%s`, and would be started with its arguments; for another provider set provider.name to `webhook`, for a mirror keep `%s` in its name" $provider.webhook.image.repository $program $provider.name $program) }}
{{- end }}
{{- $problems = concat $problems (include "signpost.wrongNameServers" (dict "context" $context "state" $state) | fromJsonArray) }}

{{- if and (eq $provider.name "webhook") (ne $provider.mode "external") }}
{{- if not (and $provider.webhook.image.repository $provider.webhook.image.tag) }}
{{- $problems = append $problems "provider.name is `webhook`: name the provider's image with provider.webhook.image.repository and provider.webhook.image.tag" }}
{{- end }}
{{- end }}
{{- if and (eq $provider.mode "external") (not $provider.url) }}
{{- $problems = append $problems "provider.mode is `external`: say where the provider listens with provider.url" }}
{{- end }}
{{- if and (ne $provider.mode "external") $provider.url }}
{{- $problems = append $problems "provider.url is only for provider.mode `external`; with `sidecar` and `deployment` the chart knows where the provider is" }}
{{- end }}
{{- if and (ne $provider.mode "sidecar") $provider.webhook.unixSocket }}
{{- $problems = append $problems "provider.webhook.unixSocket needs provider.mode `sidecar`: a socket file cannot be shared between pods" }}
{{- end }}

{{- if eq $provider.mode "deployment" }}
{{- $deployment := $provider.deployment }}
{{- $given := include "signpost.providerArguments" $provider.webhook.args | fromJsonArray }}
{{- $guards := compact (list $deployment.token.secretName $deployment.tls.clientSecretName (include "signpost.isGiven" (dict "arguments" $given "flag" "listen-token-file")) (include "signpost.isGiven" (dict "arguments" $given "flag" "listen-client-ca-file"))) }}
{{- range $provider.webhook.env }}
{{- if has .name (list "EXTERNAL_DNS_LISTEN_TOKEN_FILE" "EXTERNAL_DNS_LISTEN_CLIENT_CA_FILE") }}{{ $guards = append $guards .name }}{{ end }}
{{- end }}
{{- if not (or $guards $deployment.allowAnyone) }}
{{- $problems = append $problems "provider.mode is `deployment`: every Pod that reaches the provider's port can write every zone. Choose one:\n      provider.deployment.token.secretName   a Secret with a token, such as of `kubectl create secret generic provider-token --from-literal=token=$(openssl rand -hex 32)`\n      provider.deployment.tls.secretName and tls.clientSecretName   Secrets with certificates, such as of cert-manager; that of the provider alone hides what is said and keeps nobody out\n      provider.deployment.allowAnyone: true   where something else keeps everyone else from the port\n    With provider.mode `sidecar` there is no such port" }}
{{- end }}
{{- if and $deployment.tls.clientSecretName (not $deployment.tls.secretName) }}
{{- $problems = append $problems "provider.deployment.tls.clientSecretName: the controller can show its certificate only where the provider speaks TLS; name the Secret with the provider's with provider.deployment.tls.secretName" }}
{{- end }}
{{- end }}

{{- if and $values.rbac.tokenReviews $values.rbac.create (not $values.rbac.clusterRole) (include "signpost.isNamespaced" $context) }}
{{- $problems = append $problems "rbac.tokenReviews: tokens belong to no namespace, so a Role cannot allow to ask about them; allow a ClusterRole for just that with rbac.clusterRole=true" }}
{{- end }}

{{- if and $values.rbac.create (not $values.rbac.clusterRole) (include "signpost.isNamespaced" $context) }}
{{- $everywhere := get (get (include "signpost.permissions" $context | fromJson) "rules") "*" }}
{{- if $everywhere }}
{{- $names := list }}
{{- range $group, $resources := $everywhere }}{{ $names = concat $names (keys $resources) }}{{ end }}
{{- $problems = append $problems (printf "namespaced: the namespaces are limited, but these sources also read %s in the whole cluster, which Roles cannot allow. Allow a ClusterRole for just that with rbac.clusterRole=true, or leave out the source. For Gateways, gatewayNamespace names the one namespace they are in" (sortAlpha $names | join ", ")) }}
{{- end }}
{{- end }}

{{- $problems = concat $problems (include "signpost.wrongUpgrade" $context | fromJsonArray) }}
{{- range $problems }}{{ include "signpost.problem" (dict "state" $state "text" .) }}{{ end }}
{{- end }}

{{/*
What would break what runs: the pods of a Deployment are found by labels that can never change, and an upgrade that tries
fails half done. A list; empty where no cluster can be asked.
*/}}
{{- define "signpost.wrongUpgrade" -}}
{{- $problems := list }}
{{- $namespace := include "signpost.namespace" . }}
{{- $own := include "signpost.selectorLabels" . | fromYaml }}
{{- $name := include "signpost.fullname" . }}
{{- range (lookup "apps/v1" "Deployment" $namespace "" | default dict).items }}
{{- $labels := default dict .spec.selector.matchLabels }}
{{- $theirs := index $labels "app.kubernetes.io/name" | default "" }}
{{- $release := index (default dict .metadata.annotations) "meta.helm.sh/release-name" | default "" }}
{{- if eq $release $.Release.Name }}
{{- if and (eq .metadata.name $name) (ne (toJson $labels) (toJson $own)) }}
{{- $problems = append $problems (printf "the Deployment %s that runs finds its pods by %s, and this upgrade would change that to %s, which Kubernetes refuses halfway. Keep them with `nameOverride: %s`, or install under another release name" .metadata.name (toJson $labels) (toJson $own) $theirs) }}
{{- else if and (ne .metadata.name $name) (hasPrefix "external-dns-" (index (default dict .metadata.labels) "helm.sh/chart" | default "")) }}
{{- $problems = append $problems (printf "the release has the Deployment %s of ExternalDNS's chart, and this upgrade would start %s beside it and change the service account. Keep its names with `nameOverride: external-dns`, or install under another release name" .metadata.name $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{/*
What is wrong with `provider.rfc2136`, as a list: what the program would say of it as a pod that never starts, and settings that
nothing reads: (dict "context" . "state" …).
*/}}
{{- define "signpost.wrongNameServers" -}}
{{- $problems := list }}
{{- $provider := .context.Values.provider }}
{{- $own := $provider.rfc2136 }}
{{- if or (ne $provider.name "rfc2136") (eq $provider.mode "external") }}
{{- if or $own.hosts $own.zones $own.zoneHosts $own.zoneKeys $own.keys.secretName $own.keys.name $own.insecure $own.tls.enabled $own.tls.caSecretName $own.tls.serverName $own.tls.pins $own.tls.clientSecretName }}
{{- $reads := ternary "a provider with mode `external` has its own settings" "nothing else reads it" (eq $provider.name "rfc2136") }}
{{- $problems = append $problems (printf "provider.rfc2136 is for provider.name `rfc2136` with mode `sidecar` or `deployment`; %s" $reads) }}
{{- end }}
{{- else }}
{{- $arguments := include "signpost.provider.arguments" .context | fromJsonArray }}
{{- $variables := dict }}
{{- range $provider.webhook.env }}{{ $_ := set $variables .name true }}{{ end }}
{{- $elsewhere := or (not (empty $provider.webhook.envFrom)) (include "signpost.isGiven" (dict "arguments" $arguments "flag" "config")) }}
{{- $zones := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "rfc2136-zone") | fromJsonArray }}
{{- $zonesElsewhere := or $elsewhere (hasKey $variables "EXTERNAL_DNS_RFC2136_ZONE") }}
{{- if and (not $zones) (not $zonesElsewhere) (not (contains "provider.rfc2136.zones" (join "\n" .state.problems))) }}
{{- $problems = append $problems "provider.rfc2136.zones: there is none, so nothing would be served; name some, such as [example.com]" }}
{{- end }}
{{- if ne (len $own.zones) (len (uniq $own.zones)) }}
{{- $problems = append $problems "provider.rfc2136.zones: a zone is there twice; where two servers or views have one of that name, call one of them ZONE@VIEW" }}
{{- end }}
{{- range $key := list "zoneHosts" "zoneKeys" }}
{{- range $zone, $_ := get $own $key }}
{{- if and (not (has $zone $zones)) (not $zonesElsewhere) }}
{{- $problems = append $problems (printf "provider.rfc2136.%s: `%s` is none of provider.rfc2136.zones; add it there" $key $zone) }}
{{- end }}
{{- end }}
{{- end }}
{{- $hosts := include "signpost.isGiven" (dict "arguments" $arguments "flag" "rfc2136-host") }}
{{- $hosts = or $hosts $elsewhere (hasKey $variables "EXTERNAL_DNS_RFC2136_HOST") (hasKey $variables "EXTERNAL_DNS_ZONE_SERVER") }}
{{- range $zone := $zones }}
{{- $servers := include "signpost.valuesOf" (dict "arguments" $arguments "flag" "zone-server") | fromJsonArray }}
{{- $has := $hosts }}
{{- range $servers }}{{ if hasPrefix (printf "%s=" $zone) . }}{{ $has = true }}{{ end }}{{ end }}
{{- if not $has }}
{{- $problems = append $problems (printf "provider.rfc2136.hosts: zone `%s` has no name server; give provider.rfc2136.hosts, or one for it in provider.rfc2136.zoneHosts" $zone) }}
{{- end }}
{{- end }}
{{- $signs := or (include "signpost.isGiven" (dict "arguments" $arguments "flag" "tsig-key-file")) (include "signpost.isGiven" (dict "arguments" $arguments "flag" "rfc2136-tsig-keyname")) (hasKey $variables "EXTERNAL_DNS_TSIG_KEY_FILE") (hasKey $variables "EXTERNAL_DNS_RFC2136_TSIG_KEYNAME") }}
{{- $insecure := or (include "signpost.isOn" (dict "arguments" $arguments "flag" "rfc2136-insecure")) (hasKey $variables "EXTERNAL_DNS_RFC2136_INSECURE") }}
{{- if and (not $signs) (not $insecure) (not $elsewhere) }}
{{- $problems = append $problems "provider.rfc2136.keys.secretName: there is no key to sign with; name a Secret that has a file of TSIG keys (`kubectl create secret generic dns-keys --from-file=keys=FILE`), or set provider.rfc2136.insecure where the name servers allow by address" }}
{{- end }}
{{- if and $own.insecure $signs }}
{{- $problems = append $problems "provider.rfc2136.insecure signs nothing, and there is a key: leave one of them" }}
{{- end }}
{{- if and $own.keys.name (not $own.keys.secretName) (not (hasKey $variables "EXTERNAL_DNS_RFC2136_TSIG_SECRET")) (not (hasKey $variables "EXTERNAL_DNS_TSIG_KEY_FILE")) (not $elsewhere) (not (include "signpost.isGiven" (dict "arguments" $arguments "flag" "tsig-key-file"))) (not (include "signpost.isGiven" (dict "arguments" $arguments "flag" "rfc2136-tsig-secret"))) }}
{{- $problems = append $problems (printf "provider.rfc2136.keys.name: key `%s` has no secret; name the Secret that has it with provider.rfc2136.keys.secretName" $own.keys.name) }}
{{- end }}
{{- if include "signpost.isGiven" (dict "arguments" $arguments "flag" "rfc2136-tsig-secret") }}
{{- $problems = append $problems "provider.webhook.args: `--rfc2136-tsig-secret` would stand in the release and on the command line for everyone to read; put the key into a Secret and name it with provider.rfc2136.keys.secretName" }}
{{- end }}
{{- $usesTls := or (include "signpost.isOn" (dict "arguments" $arguments "flag" "rfc2136-use-tls")) (hasKey $variables "EXTERNAL_DNS_RFC2136_USE_TLS") $elsewhere }}
{{- if and (or $own.tls.caSecretName $own.tls.serverName $own.tls.pins $own.tls.clientSecretName) (not $usesTls) }}
{{- $problems = append $problems "provider.rfc2136.tls: it is of no use where nothing is encrypted; add provider.rfc2136.tls.enabled: true" }}
{{- end }}
{{- if and $own.tls.pins (or $own.tls.caSecretName $own.tls.serverName) }}
{{- $problems = append $problems "provider.rfc2136.tls.pins know a name server by its key alone, and caSecretName and serverName by its certificate: leave one of them" }}
{{- end }}
{{- if or $provider.aws.region $provider.aws.endpointUrl $provider.aws.credentials.secretName }}
{{- $problems = append $problems "provider.aws is for provider.name `aws`; the provider for name servers reads none of it" }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{/* The places where something is still to be written, as a list: (dict "value" … "place" "a.b"). */}}
{{- define "signpost.open" -}}
{{- $places := list }}
{{- if kindIs "map" .value }}
{{- range $key, $value := .value }}
{{- $places = concat $places (include "signpost.open" (dict "value" $value "place" (ternary $key (printf "%s.%s" $.place $key) (empty $.place))) | fromJsonArray) }}
{{- end }}
{{- else if kindIs "slice" .value }}
{{- range $index, $value := .value }}
{{- $places = concat $places (include "signpost.open" (dict "value" $value "place" (printf "%s[%d]" $.place $index)) | fromJsonArray) }}
{{- end }}
{{- else if kindIs "string" .value }}
{{- if contains "CHANGE-ME" .value }}{{ $places = append $places .place }}{{ end }}
{{- end }}
{{- toJson $places }}
{{- end }}
