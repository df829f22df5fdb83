{{/*
meet.rbac (list . "operator"): service account, roles and bindings of a component. The rules are generated from the source code (files/rbac), where names start
with "meet-"; this template replaces the prefix with that of the release. Rules for the operator's own CA are omitted if it is not used.
*/}}
{{- define "meet.rbac" -}}
{{- $root := index . 0 -}}
{{- $part := index . 1 -}}
{{- $name := include "meet.name" (list $root $part) -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels: {{- include "meet.labels" . | nindent 4 }}
  {{- with (get $root.Values $part).serviceAccountAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- range $kind := list "ClusterRole" "Role" }}
{{- $file := $root.Files.Get (printf "files/rbac/%s.%s.yaml" $part (lower $kind)) }}
{{- if $file }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ $name }}
  {{- if eq $kind "Role" }}
  namespace: {{ $root.Release.Namespace }}
  {{- end }}
  labels: {{- include "meet.labels" (list $root $part) | nindent 4 }}
rules:
{{- range $rule := (fromYaml $file).rules }}
{{- if $rule.resourceNames }}
{{- $names := list }}
{{- range $rule.resourceNames }}
{{- $names = append $names (. | trimPrefix "meet-" | list $root | include "meet.name") }}
{{- end }}
{{- $_ := set $rule "resourceNames" $names }}
{{- end }}
{{- $webhook := or (has "admissionregistration.k8s.io" $rule.apiGroups) (has (include "meet.name" (list $root "webhook-ca")) ($rule.resourceNames | default list)) }}
{{- if or (not $webhook) (and $root.Values.webhook.enabled (not $root.Values.webhook.certManager.enabled)) }}
{{ toYaml (list $rule) }}
{{- end }}
{{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ $name }}
  {{- if eq $kind "Role" }}
  namespace: {{ $root.Release.Namespace }}
  {{- end }}
  labels: {{- include "meet.labels" (list $root $part) | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ $name }}
subjects:
- kind: ServiceAccount
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Role and subject of a RoleBinding in a tenant's namespace. */}}
{{- define "meet.tenantSecretsBinding" -}}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ include "meet.name" (list . "tenant-secrets") }}
subjects:
- kind: ServiceAccount
  name: {{ include "meet.name" (list . "operator") }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
